#include "control/control_handler.hpp"

#include <memory>

namespace serval {

/// What ties a request in progress to its exchange. Touched only on the loop;
/// other threads merely carry it back there.
struct control_handler::pending {
  http_exchange* exchange; ///< Null once answered or the client is gone.
  std::shared_ptr<pending> self; ///< Kept while the exchange points here.

  /// Leaves the exchange alone from now on.
  void release() {
    exchange = nullptr;
    self.reset();
  }
};

control_handler::control_handler(
  control_api& api, std::function<void(std::function<void()>)> post)
  : api_(api), post_(std::move(post)) {
  // nop
}

std::optional<http_response>
control_handler::refuse(const request_head& head) {
  return api_.refuse(head);
}

void control_handler::handle(http_exchange& exchange) {
  auto entry = std::make_shared<pending>();
  entry->exchange = &exchange;
  entry->self = entry;
  exchange.handler_state = entry.get();
  api_.handle(exchange.request(), [this, entry](http_response response) {
    // Some answers come at once, on this thread; one more turn of the loop
    // keeps them in the same order as those that do not.
    post_([entry, response = std::move(response)]() mutable {
      auto* exchange = entry->exchange;
      if (exchange == nullptr)
        return;
      entry->release();
      exchange->respond(std::move(response));
    });
  });
}

void control_handler::client_gone(http_exchange& exchange) {
  static_cast<pending*>(exchange.handler_state)->release();
}

} // namespace serval
