// Goal: a node is never given up without a limit, and every state is left for
// one in which it serves. Method: walk all pairs of states and events.
#include "model/node_state.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace serval;

namespace {

std::set<node_state> reachable(node_state from) {
  std::set<node_state> seen{from};
  bool grew = true;
  while (grew) {
    grew = false;
    for (auto state : std::set{seen})
      for (const auto& event : node_cycle().events())
        if (auto next = advance(state, event.event))
          grew |= seen.insert(*next).second;
  }
  return seen;
}

} // namespace

TEST_CASE("a node can get ready from every state") {
  for (const auto& row : node_cycle().states()) {
    CAPTURE(row.name);
    CHECK(reachable(row.state).contains(node_state::ready));
  }
}

TEST_CASE("workers are placed on nodes that orders reach") {
  for (const auto& row : node_cycle().states())
    if (takes_workers(row.state))
      CHECK(is_reachable(row.state));
}

TEST_CASE("a node is lost only after a time in which it could come back") {
  for (const auto& row : node_cycle().states())
    for (const auto& event : node_cycle().events())
      if (row.state != node_state::lost
          && advance(row.state, event.event) == node_state::lost) {
        CHECK(row.state == node_state::suspect);
        CHECK(event.event == node_event::overdue);
      }
}
