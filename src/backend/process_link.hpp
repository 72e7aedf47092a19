#pragma once

#include "link/link_settings.hpp"

namespace serval {

// How daemon and worker process are linked. The kernel tells each at once when
// the other is gone, so that silence only matters when one is stopped; a busy
// machine must not look like that.

/// The longest body of a request, piece or answer.
inline constexpr std::size_t body_bytes_max = 64u << 20;

inline link_settings common_process_link() {
  link_settings settings;
  // A body and what comes with it.
  settings.message_max = body_bytes_max + (1u << 20);
  settings.heartbeat = std::chrono::milliseconds{2500};
  settings.dead_after = std::chrono::seconds{10};
  settings.stalled_after = std::chrono::seconds{10};
  return settings;
}

inline link_settings process_side_link() {
  auto settings = common_process_link();
  settings.hello.role = link_role::worker_process;
  settings.welcome = {link_role::node};
  // The daemon asks often enough. It may also be stopped, by a debugger say,
  // which is no reason to leave.
  settings.heartbeat = std::chrono::seconds{5};
  settings.dead_after = std::chrono::hours{24};
  settings.stalled_after = std::chrono::hours{24};
  settings.hello_within = std::chrono::hours{24};
  // Results are never dropped; what user code produces is its own limit.
  settings.backlog_max = static_cast<std::size_t>(-1) / 2;
  return settings;
}

inline link_settings daemon_side_link(duration hello_within) {
  auto settings = common_process_link();
  settings.hello.role = link_role::node;
  settings.welcome = {link_role::worker_process};
  settings.hello_within = hello_within;
  settings.backlog_max = 4 * body_bytes_max;
  return settings;
}

} // namespace serval
