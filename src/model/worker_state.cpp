#include "model/worker_state.hpp"

namespace serval {

namespace {

using enum worker_state;

using row = std::array<std::optional<worker_state>, worker_event_count>;

constexpr std::optional<worker_state> none = std::nullopt;

// Reports of a node cross commands on their way, so that `became_ready`,
// `failed` and `died` can arrive in every state in which a body may exist; what
// is on its way out ends either way.
constexpr std::array<row, worker_state_count> table = {{
  // became_ready, failed, died, gone, unhealthy, outgrew,
  // unwanted, traffic_gone, overdue, back_off_over
  {ready, backing_off, backing_off, backing_off, replacing, none, //
   stopping, none, replacing, none}, // starting
  {ready, backing_off, backing_off, backing_off, replacing, outgrown, //
   retiring, none, none, none}, // ready
  {outgrown, stopped, stopped, stopped, stopping, outgrown, //
   retiring, none, none, none}, // outgrown
  {retiring, stopped, stopped, stopped, stopping, retiring, //
   retiring, draining, draining, none}, // retiring
  {draining, stopped, stopped, stopped, stopping, draining, //
   draining, draining, stopping, none}, // draining
  {stopping, stopped, stopped, stopped, stopping, stopping, //
   stopping, stopping, stopping, none}, // stopping
  {replacing, backing_off, backing_off, backing_off, replacing, replacing, //
   stopping, none, replacing, none}, // replacing
  {none, none, none, none, none, none, //
   stopped, none, none, starting}, // backing_off
  {none, none, none, none, none, none, //
   stopped, none, none, none}, // stopped
}};

constexpr std::array<std::string_view, worker_state_count> state_names
  = {"starting", "ready",     "outgrown",    "retiring", "draining",
     "stopping", "replacing", "backing_off", "stopped"};

constexpr std::array<std::string_view, worker_event_count> event_names
  = {"became_ready", "failed",   "died",         "gone",    "unhealthy",
     "outgrew",      "unwanted", "traffic_gone", "overdue", "back_off_over"};

} // namespace

std::string_view to_string(worker_state state) noexcept {
  return state_names[static_cast<std::size_t>(state)];
}

std::string_view to_string(worker_event event) noexcept {
  return event_names[static_cast<std::size_t>(event)];
}

std::optional<worker_state> advance(worker_state state,
                                    worker_event event) noexcept {
  return table[static_cast<std::size_t>(state)]
              [static_cast<std::size_t>(event)];
}

} // namespace serval
