#pragma once

#include "base/time.hpp"
#include "tls/tls_context.hpp"
#include "wire/link_messages.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace serval {

/// How one side of a link behaves. The defaults are those of
/// `schemas/README.md`.
struct link_settings {
  /// What this side says of itself; `max_message` is filled in.
  link_hello hello;
  /// What the peer may be; empty welcomes every role.
  std::vector<link_role> welcome;
  /// The peer must be another node of the own hello's cluster. On an encrypted
  /// link its certificate must be for `node://CLUSTER/NODE`.
  bool nodes_only = false;
  /// Which node; empty for any.
  std::string wanted_node;
  /// The longest message in either direction.
  std::size_t message_max = 64 * 1024 * 1024;
  /// Bytes that may wait in each class before `send` refuses more.
  std::size_t backlog_max = 16 * 1024 * 1024;
  /// Silence after which a ping goes out; also how often the clock is looked
  /// at.
  duration heartbeat = std::chrono::milliseconds{200};
  /// Silence after which the peer is dead.
  duration dead_after = std::chrono::seconds{1};
  /// How long the peer may take nothing of what waits for it.
  duration stalled_after = std::chrono::seconds{5};
  /// Encrypts the connection; null leaves it plain.
  tls_context_ptr tls;
  /// What the peer's certificate must be for. Empty on the accepting side, and
  /// between nodes.
  std::string tls_host;
  /// Whether this side dialed; a `link_dialer` fills it in.
  bool dialed = false;
  /// How long the handshake may take, if there is one.
  duration handshake_within = std::chrono::seconds{2};
  /// How long the peer's hello may take.
  duration hello_within = std::chrono::seconds{5};
};

} // namespace serval
