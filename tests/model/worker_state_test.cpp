// Goal: a worker's life has no dead end and no surprise. Method: walk all pairs
// of states and events.
#include "model/worker_state.hpp"

#include <doctest/doctest.h>

#include <set>
#include <vector>

using namespace serval;

namespace {

std::vector<worker_state> all_states() {
  std::vector<worker_state> out;
  for (int i = 0; i < worker_state_count; ++i)
    out.push_back(static_cast<worker_state>(i));
  return out;
}

std::vector<worker_event> all_events() {
  std::vector<worker_event> out;
  for (int i = 0; i < worker_event_count; ++i)
    out.push_back(static_cast<worker_event>(i));
  return out;
}

std::set<worker_state> reachable(worker_state from,
                                 const std::vector<worker_event>& events) {
  std::set<worker_state> seen{from};
  std::vector<worker_state> open{from};
  while (!open.empty()) {
    auto state = open.back();
    open.pop_back();
    for (auto event : events)
      if (auto next = advance(state, event); next && seen.insert(*next).second)
        open.push_back(*next);
  }
  return seen;
}

} // namespace

TEST_CASE("every worker state ends, serves, or has a limit and what follows") {
  for (const auto& row : worker_cycle().states()) {
    CAPTURE(row.name);
    if (row.is_end || serves(row.state)) {
      CHECK(row.limit.empty());
      CHECK_FALSE(row.when_over);
      continue;
    }
    CHECK_FALSE(row.limit.empty());
    REQUIRE(row.when_over);
    CHECK(advance(row.state, *row.when_over));
  }
}

TEST_CASE("every worker state that is no end is left on some event") {
  for (const auto& row : worker_cycle().states()) {
    CAPTURE(row.name);
    CHECK((reachable(row.state, all_events()).size() == 1) == row.is_end);
  }
}

TEST_CASE("a change of a worker's state says why") {
  for (const auto& row : worker_cycle().rows()) {
    CAPTURE(to_string(row.to));
    auto stays = row.from == row.to && row.on != worker_event::overdue;
    CHECK(row.why.empty() == stays);
  }
}

TEST_CASE("a worker whose health fails loses its traffic before its body") {
  CHECK(advance(worker_state::ready, worker_event::health_failed)
        == worker_state::unhealthy);
  CHECK_FALSE(serves(worker_state::unhealthy));
  for (auto event : all_events())
    if (auto next = advance(worker_state::unhealthy, event);
        next == worker_state::replacing) {
      CAPTURE(to_string(event));
      CHECK((event == worker_event::traffic_gone
             || event == worker_event::overdue));
    }
}

TEST_CASE("every worker state and event has a name of its own") {
  std::set<std::string_view> names;
  for (auto state : all_states())
    CHECK(names.insert(to_string(state)).second);
  for (auto event : all_events())
    CHECK(names.insert(to_string(event)).second);
}

TEST_CASE("every worker state is reached from the start") {
  CHECK(reachable(worker_state::starting, all_events()).size()
        == worker_state_count);
}

TEST_CASE("an unwanted worker ends without the node's help or by being gone") {
  for (auto state : all_states()) {
    CAPTURE(to_string(state));
    auto next = advance(state, worker_event::unwanted);
    REQUIRE(next);
    CHECK_FALSE(is_wanted(*next));
    CHECK(reachable(*next, {worker_event::overdue, worker_event::gone})
            .contains(worker_state::stopped));
  }
}

TEST_CASE("an unwanted worker never comes back") {
  for (auto state : all_states()) {
    if (is_wanted(state))
      continue;
    for (auto event : all_events()) {
      CAPTURE(to_string(state));
      CAPTURE(to_string(event));
      if (auto next = advance(state, event))
        CHECK_FALSE(is_wanted(*next));
    }
  }
}

TEST_CASE("no state with a body is left for one without unless the node said "
          "that the body is gone") {
  for (auto state : all_states())
    for (auto event : all_events()) {
      auto next = advance(state, event);
      if (!next || !may_have_body(state) || may_have_body(*next))
        continue;
      CAPTURE(to_string(state));
      CHECK((event == worker_event::failed || event == worker_event::died
             || event == worker_event::gone));
    }
}

TEST_CASE("a body is started only from a state that has none, or when the node "
          "says that it begins") {
  for (auto state : all_states())
    for (auto event : all_events())
      if (auto next = advance(state, event);
          next && next == worker_state::starting && state != *next)
        CHECK((!may_have_body(state) || event == worker_event::begun));
}

TEST_CASE("only a report of the node makes a worker ready") {
  for (auto state : all_states())
    for (auto event : all_events())
      if (auto next = advance(state, event);
          next == worker_state::ready && state != worker_state::ready)
        CHECK(event == worker_event::became_ready);
}

TEST_CASE("a state in which a node's report is awaited takes all its reports") {
  for (auto state : all_states()) {
    if (!may_have_body(state))
      continue;
    CAPTURE(to_string(state));
    for (auto event :
         {worker_event::became_ready, worker_event::failed, worker_event::died,
          worker_event::gone, worker_event::health_failed})
      CHECK(advance(state, event));
  }
}
