#pragma once

#include "config/node_config.hpp"
#include "loop/loop.hpp"
#include "node/credentials.hpp"
#include "node/node_log.hpp"
#include "node/request_metrics.hpp"
#include "proxy/http_server.hpp"
#include "proxy/ingress.hpp"
#include "proxy/rpc_listener.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace serval {

/// PROXY: one loop's side of the data listeners, HTTP and RPC. Made before the
/// loop runs, destroyed after it has stopped; all else on the loop.
class loop_front {
public:
  /// What a front works with; all of it outlives the front. `loops` is how many
  /// share the limits of `config`.
  struct setup {
    const node_config& config;
    std::uint32_t loops = 1;
    request_metrics& metrics;
    node_log& log;
    address_counts& addresses;
    const memory_gauge& memory;
  };

  loop_front(loop& home, const setup& setup);

  result<std::uint16_t> listen_http(const listen_address& address,
                                    port_sharing sharing) {
    return http_.listen(address, sharing);
  }

  result<std::uint16_t> listen_rpc(const listen_address& address,
                                   port_sharing sharing) {
    return rpc_.listen(address, sharing);
  }

  result<std::uint16_t> adopt_http(unique_fd listening) {
    return http_.adopt(std::move(listening));
  }

  result<std::uint16_t> adopt_rpc(unique_fd listening) {
    return rpc_.adopt(std::move(listening));
  }

  /// What it listens on, to be handed to another process.
  int http_descriptor() const {
    return http_.descriptor();
  }

  int rpc_descriptor() const {
    return rpc_.descriptor();
  }

  /// Connections that come from now on are encrypted, and requests admitted,
  /// as `fresh` says.
  void use(const credentials& fresh);

  /// Requests that come from now on go where `routes` says.
  void use(std::vector<route> routes);

  /// Accepts nothing more, and calls `on_closed` once the requests in progress
  /// are answered. Clients that are connected may go on for `linger`.
  void stop(std::function<void()> on_closed, duration linger);

private:
  request_metrics::observer observer_;
  std::optional<access_log> access_log_;
  ingress ingress_;
  http_server http_;
  rpc_listener rpc_;
};

} // namespace serval
