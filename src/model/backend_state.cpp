#include "model/backend_state.hpp"

namespace serval {

namespace {

using state = backend_state;
using event = backend_event;

constexpr state_row<state, event> states[] = {
  {state::updating, "updating", "Its workers start for the first time.",
   "the patience with a release, anew with each worker that gets ready",
   event::given_up},
  {state::upscaling, "upscaling",
   "It serves, and workers that were added start.",
   "that of each worker's state"},
  {state::downscaling, "downscaling",
   "It serves, and workers that are too many end.",
   "that of each worker's state"},
  {state::healthy, "healthy", "All workers that were asked for serve."},
  {state::unhealthy, "unhealthy",
   "Workers are missing, and at least one of them has failed.",
   "that of each worker's state"},
  {state::deploy_failed, "deploy_failed",
   "It could not be brought up; its release is given up.", {}, {}, true},
};

constexpr event_row<event> events[] = {
  {event::all_ready, "all_ready", "All workers that are wanted serve."},
  {event::workers_leaving, "workers_leaving",
   "All workers that are wanted serve, and others are still there."},
  {event::workers_missing, "workers_missing",
   "Fewer workers serve than are wanted; none of the others has failed."},
  {event::worker_failing, "worker_failing",
   "Fewer workers serve than are wanted, and one of the others has failed."},
  {event::start_failing, "start_failing",
   "The same, while the release is being brought up."},
  {event::given_up, "given_up",
   "start_failures starts in a row have failed, of one worker or with none "
   "that serves, or time is up, while the release is being brought up."},
};

constexpr transition<state, event> rows[] = {
  {{}, event::all_ready, state::healthy, "all that was asked for serves"},
  {{}, event::workers_leaving, state::downscaling, "fewer are wanted"},
  {{}, event::workers_missing, state::upscaling, "more are wanted"},
  {state::updating, event::workers_missing, state::updating, ""},
  {state::unhealthy, event::workers_missing, state::unhealthy,
   "whoever failed starts again"},
  {{}, event::worker_failing, state::unhealthy,
   "a worker failed and does not serve yet"},
  {{}, event::start_failing, state::updating,
   "it is tried again, start_failures times in a row"},
  {{}, event::given_up, state::deploy_failed, "it does not come up"},
};

constexpr backend_life_cycle cycle{states, events, rows};

} // namespace

const backend_life_cycle& backend_cycle() noexcept {
  return cycle;
}

std::string_view to_string(backend_state what) noexcept {
  return cycle.row_of(what).name;
}

backend_state advance(backend_state from, backend_event on) noexcept {
  const auto* found = cycle.find(from, on);
  return found == nullptr ? from : found->to;
}

} // namespace serval
