#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace serval {

/// Where a worker's slot stands, as its app_master knows it.
///
///              start_overdue
///   STARTING ----------------> REPLACING <---+ unhealthy
///    |  ^  |                       |         |
///    |  |  +-- failed, died --+    | gone    |
///    |  |                     v    v         |
///    |  +--- back_off_over -- BACKING_OFF    |
///    |                            ^          |
///    |  became_ready              | died     |
///    +--------------------------> READY -----+
///                                 |   | outgrew
///                        unwanted |   +------> OUTGROWN
///                                 v               |
///                              RETIRING <---------+ unwanted, once replaced
///                                 | traffic_gone
///                                 +-----------------------> DRAINING
///                                                              | overdue
///                                                              v
///   any state -- unwanted, while no traffic reaches it --> STOPPING
///                                                              | gone
///                                                              v
///                                                           STOPPED
enum class worker_state : std::uint8_t {
  starting,    ///< Told to start; not ready yet.
  ready,       ///< In the published table.
  outgrown,    ///< As before, until another that takes less memory is ready.
  retiring,    ///< Out of the table; requests may still reach it.
  draining,    ///< Told to finish what it has and stop.
  stopping,    ///< Told to stop at once.
  replacing,   ///< Wanted, but its body is being killed.
  backing_off, ///< Waits before it starts again.
  stopped,     ///< Gone for good.
};

inline constexpr int worker_state_count
  = static_cast<int>(worker_state::stopped) + 1;

enum class worker_event : std::uint8_t {
  became_ready,  ///< The node says: it can serve.
  failed,        ///< The node says: it could not start, and is gone.
  died,          ///< The node says: it is gone, unasked.
  gone,          ///< The node says: it is gone, as asked.
  unhealthy,     ///< The node says: it hangs or fails its health check.
  outgrew,       ///< It takes too much memory, and it is its turn to go.
  unwanted,      ///< No release or scale wants it any more.
  traffic_gone,  ///< No request can reach it any more.
  overdue,       ///< It has been in its state for longer than allowed.
  back_off_over, ///< The time to wait before another start is over.
};

inline constexpr int worker_event_count
  = static_cast<int>(worker_event::back_off_over) + 1;

std::string_view to_string(worker_state state) noexcept;

std::string_view to_string(worker_event event) noexcept;

/// What follows when `event` happens in `state`; the same state where the event
/// changes nothing. Empty where the event cannot happen, which an app_master
/// reports and ignores. Total: it answers for every pair.
std::optional<worker_state> advance(worker_state state,
                                    worker_event event) noexcept;

/// Whether a body (inline code or a process) may exist on the node, so that the
/// slot must not be forgotten.
constexpr bool may_have_body(worker_state state) noexcept {
  return state != worker_state::backing_off && state != worker_state::stopped;
}

/// Whether dispatchers may give calls to it.
constexpr bool serves(worker_state state) noexcept {
  return state == worker_state::ready || state == worker_state::outgrown;
}

/// Whether the slot counts towards what its backend was asked to have.
constexpr bool is_wanted(worker_state state) noexcept {
  return state == worker_state::starting || state == worker_state::ready
         || state == worker_state::replacing
         || state == worker_state::backing_off;
}

} // namespace serval
