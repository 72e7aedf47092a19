// Goal: a backend's state follows from what its workers do, and never sticks.
// Method: walk all pairs of states and events.
#include "model/backend_state.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("every backend state but a failed deploy answers every event") {
  for (const auto& state : backend_cycle().states())
    for (const auto& event : backend_cycle().events()) {
      CAPTURE(state.name);
      CAPTURE(event.name);
      auto found = backend_cycle().find(state.state, event.event) != nullptr;
      CHECK(found != state.is_end);
    }
}

TEST_CASE("what a backend's workers do again and again changes nothing more") {
  for (const auto& state : backend_cycle().states())
    for (const auto& event : backend_cycle().events()) {
      auto once = advance(state.state, event.event);
      CAPTURE(state.name);
      CAPTURE(event.name);
      CHECK(advance(once, event.event) == once);
    }
}

TEST_CASE("a backend is healthy whenever all its workers are ready") {
  for (const auto& state : backend_cycle().states())
    if (!state.is_end)
      CHECK(advance(state.state, backend_event::all_ready)
            == backend_state::healthy);
}

TEST_CASE("a backend that waits has a limit") {
  for (const auto& state : backend_cycle().states()) {
    CAPTURE(state.name);
    auto rests = state.is_end || state.state == backend_state::healthy;
    CHECK(state.limit.empty() == rests);
  }
}

TEST_CASE("an unhealthy backend is so until all its workers are back") {
  CHECK(advance(backend_state::unhealthy, backend_event::workers_missing)
        == backend_state::unhealthy);
}

TEST_CASE("a failed start while a release comes up is no illness yet") {
  for (const auto& state : backend_cycle().states())
    if (!state.is_end)
      CHECK(advance(state.state, backend_event::start_failing)
            == backend_state::updating);
}
