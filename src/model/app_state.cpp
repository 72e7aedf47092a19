#include "model/app_state.hpp"

namespace serval {

namespace {

using state = app_state;
using event = app_event;

constexpr state_row<state, event> states[] = {
  {state::not_started, "not_started",
   "No release was deployed, or nothing is left after a delete."},
  {state::deploying, "deploying",
   "A release is being brought up, or workers that never failed start.",
   "that of each backend's state"},
  {state::running, "running", "All that was asked for serves."},
  {state::unhealthy, "unhealthy",
   "It serves, or did, but workers are missing that failed.",
   "that of each backend's state"},
  {state::deploy_failed, "deploy_failed",
   "The last release could not be brought up; the one before serves on, if "
   "there is one."},
  {state::deleting, "deleting", "Its workers end.",
   "that of each worker's state"},
};

constexpr event_row<event> events[] = {
  {event::release_coming, "release_coming",
   "The journal has a release that is to be brought up."},
  {event::release_failed, "release_failed",
   "The journal says that the last release was given up."},
  {event::backends_healthy, "backends_healthy",
   "No backend of the serving release lacks a worker."},
  {event::backends_changing, "backends_changing",
   "A backend lacks workers, of which none has failed."},
  {event::backend_unhealthy, "backend_unhealthy",
   "A backend is unhealthy, or the release's spec cannot be read."},
  {event::deleted, "deleted",
   "The journal says that it is deleted; workers are still there."},
  {event::nothing_left, "nothing_left", "It is deleted and all workers ended."},
};

constexpr transition<state, event> rows[] = {
  {{}, event::release_coming, state::deploying, "a release was deployed"},
  {{}, event::release_failed, state::deploy_failed, "its release was given up"},
  {{}, event::backends_healthy, state::running, "all workers serve"},
  {{}, event::backends_changing, state::deploying, "workers start"},
  {state::unhealthy, event::backends_changing, state::unhealthy,
   "whoever failed is not back yet"},
  {{}, event::backend_unhealthy, state::unhealthy,
   "a worker failed and does not serve yet"},
  {{}, event::deleted, state::deleting, "it was deleted"},
  {{}, event::nothing_left, state::not_started, "its last worker ended"},
};

constexpr app_life_cycle cycle{states, events, rows};

} // namespace

const app_life_cycle& app_cycle() noexcept {
  return cycle;
}

std::string_view to_string(app_state what) noexcept {
  return cycle.row_of(what).name;
}

app_state advance(app_state from, app_event on) noexcept {
  const auto* found = cycle.find(from, on);
  return found == nullptr ? from : found->to;
}

} // namespace serval
