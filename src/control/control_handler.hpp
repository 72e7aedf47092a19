#pragma once

#include "control/control_api.hpp"
#include "proxy/http_handler.hpp"

#include <functional>

namespace serval {

/// Serves the control API on one HTTP server: answers that come on another
/// thread are taken back to the server's loop, and dropped when the client is
/// gone by then.
class control_handler : public http_handler {
public:
  /// `post` runs a function soon on the loop of the server; any thread may call
  /// it. `api` must outlive the handler, the handler must outlive all that was
  /// posted.
  control_handler(control_api& api,
                  std::function<void(std::function<void()>)> post);

  std::optional<http_response> refuse(const request_head& head) override;
  void handle(http_exchange& exchange) override;
  void client_gone(http_exchange& exchange) override;

private:
  struct pending;

  control_api& api_;
  std::function<void(std::function<void()>)> post_;
};

} // namespace serval
