#pragma once

#include "model/outcome.hpp"
#include "model/request.hpp"

#include <cstdint>
#include <functional>

namespace serval {

/// The door through which an ingress (HTTP or RPC) hands requests to one
/// application. There is one per application and loop; it is used only on that
/// loop.
class request_entry {
public:
  /// Names a request in progress; 0 names none.
  using ticket = std::uint64_t;

  /// Receives the outcome, on the loop.
  using reply_handler = std::function<void(outcome)>;

  virtual ~request_entry() = default;

  /// Starts a request. `on_reply` runs exactly once, possibly before `start`
  /// returns (and then the ticket is 0), unless `cancel` comes first.
  virtual ticket start(external_request request, reply_handler on_reply) = 0;

  /// The client is gone: frees what the request holds down the whole tree. Does
  /// nothing if the request is already over. `on_reply` does not run any more.
  virtual void cancel(ticket request) = 0;
};

} // namespace serval
