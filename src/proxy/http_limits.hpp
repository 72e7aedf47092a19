#pragma once

#include "base/time.hpp"
#include "config/node_config.hpp"
#include "proxy/address_counts.hpp"
#include "proxy/request_head.hpp"
#include "trigger/memory_pressure.hpp"

#include <cstdint>

namespace serval {

/// What one client, and all of them together, may take. Timeouts are exact to
/// one tick.
struct http_limits {
  head_limits head;
  std::uint64_t body_bytes = 64 * 1024 * 1024;
  /// Bodies that are being received, of all connections together.
  std::uint64_t body_bytes_in_all = 1024 * 1024 * 1024;
  /// Answers that wait for their clients to take them, of all connections
  /// together; beyond it the clients go that have taken nothing for the longest
  /// time.
  std::uint64_t unsent_bytes_in_all = 1024 * 1024 * 1024;
  std::uint32_t connections = 10'000;
  /// What the servers of all loops share and outlives them; may be null.
  address_counts* addresses = nullptr;
  const memory_gauge* memory = nullptr;
  /// From accepting a connection to the end of its TLS handshake.
  duration handshake_timeout = std::chrono::seconds{2};
  /// From a request's first byte to the end of its head; also from accepting a
  /// connection to its first byte.
  duration header_timeout = std::chrono::seconds{5};
  /// Between two pieces of a body; in every such span the client must also
  /// send `body_bytes_per_second_min`.
  duration body_timeout = std::chrono::seconds{10};
  std::uint32_t body_bytes_per_second_min = 1024;
  /// Between two requests.
  duration idle_timeout = std::chrono::seconds{60};
  /// The same while memory is short. Long enough that clients which send one
  /// request after the other keep their connections.
  duration short_idle_timeout = std::chrono::seconds{2};
  /// For which a client may take nothing of its answer.
  duration write_timeout = std::chrono::seconds{10};
  /// How long the server goes on reading after it has closed its own side, so
  /// that the client gets to read the last answer.
  duration linger_timeout = std::chrono::seconds{2};
  /// When a client that has closed its sending side while its request runs is
  /// probed with `100 Continue`: only a client that is gone resets then. 0
  /// never probes.
  duration half_close_probe_after = std::chrono::milliseconds{250};
  duration tick = std::chrono::milliseconds{100};
};

/// The limits that the configuration asks for, of one of `loops` servers that
/// share the listener's connections.
http_limits limits_of(const http_section& section, std::uint32_t loops);

} // namespace serval
