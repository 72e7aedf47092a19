// Goal: an application's state follows from its journal and its backends, and
// never sticks. Method: walk all pairs of states and events.
#include "model/app_state.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("every application state answers every event") {
  for (const auto& state : app_cycle().states())
    for (const auto& event : app_cycle().events()) {
      CAPTURE(state.name);
      CAPTURE(event.name);
      CHECK(app_cycle().find(state.state, event.event) != nullptr);
    }
}

TEST_CASE("what an app_master finds again and again changes nothing more") {
  for (const auto& state : app_cycle().states())
    for (const auto& event : app_cycle().events()) {
      auto once = advance(state.state, event.event);
      CAPTURE(state.name);
      CAPTURE(event.name);
      CHECK(advance(once, event.event) == once);
    }
}

TEST_CASE("an application can be deployed, and deleted, in every state") {
  for (const auto& state : app_cycle().states()) {
    CHECK(advance(state.state, app_event::release_coming)
          == app_state::deploying);
    CHECK(advance(state.state, app_event::deleted) == app_state::deleting);
  }
}

TEST_CASE("an application that waits has a limit") {
  for (const auto& state : app_cycle().states()) {
    CAPTURE(state.name);
    auto waits = state.state == app_state::deploying
                 || state.state == app_state::unhealthy
                 || state.state == app_state::deleting;
    CHECK(state.limit.empty() == !waits);
  }
}

TEST_CASE("an unhealthy application is so until all its backends are healthy") {
  CHECK(advance(app_state::unhealthy, app_event::backends_changing)
        == app_state::unhealthy);
  CHECK(advance(app_state::unhealthy, app_event::backends_healthy)
        == app_state::running);
}
