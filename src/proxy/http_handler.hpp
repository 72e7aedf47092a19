#pragma once

#include "proxy/http_message.hpp"
#include "proxy/shed_reason.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace serval {

/// One request and the place for its answer. Used only on the loop of the
/// server that made it.
class http_exchange {
public:
  /// Valid until `respond` is called or `http_handler::client_gone` returns;
  /// the handler may move the body out.
  virtual http_request& request() noexcept = 0;

  /// Answers the request. To be called exactly once, also from within
  /// `http_handler::handle`, unless the client is gone first. After it the
  /// exchange must not be touched any more.
  virtual void respond(http_response response) = 0;

  /// For the handler, to find its own state again.
  void* handler_state = nullptr;

protected:
  ~http_exchange() = default;
};

/// Answers the requests of one HTTP server; called on the server's loop.
class http_handler {
public:
  virtual ~http_handler() = default;

  /// The answer to a request whose body need not even be read; the connection
  /// then closes. Not asked if the body came along with the head.
  virtual std::optional<http_response> refuse(const request_head& head) {
    static_cast<void>(head);
    return std::nullopt;
  }

  /// A complete request came.
  virtual void handle(http_exchange& exchange) = 0;

  /// The client went away before it was answered; the handler forgets the
  /// exchange before this returns.
  virtual void client_gone(http_exchange& exchange) = 0;

  /// The server itself answered, or cut off, what did not become a request.
  virtual void refused(int status, std::string_view reason) {
    static_cast<void>(status);
    static_cast<void>(reason);
  }

  /// A connection was closed because there was no room for it.
  virtual void shed(shed_reason why) {
    static_cast<void>(why);
  }

  /// Called on every tick of a server with connections, and once more after
  /// the last one has gone.
  virtual void tick() {
    // nop
  }
};

} // namespace serval
