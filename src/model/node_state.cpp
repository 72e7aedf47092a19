#include "model/node_state.hpp"

namespace serval {

namespace {

using state = node_state;
using event = node_event;

constexpr state_row<state, event> states[] = {
  {state::joining, "joining",
   "Its link is up; it learns the tables that the others have.",
   "as long as its link is up"},
  {state::ready, "ready", "It serves, and workers are placed there."},
  {state::suspect, "suspect",
   "Its link is lost; its workers serve on where they can be reached.",
   "cluster.lost_after", event::overdue},
  {state::lost, "lost", "Others have its workers' work. It may come back."},
  {state::draining, "draining",
   "It serves, but its workers are replaced by others elsewhere."},
  {state::drained, "drained",
   "No worker is left there; it passes requests on to others."},
};

constexpr event_row<event> events[] = {
  {event::joined, "joined", "Its link is up, and it has said what it has."},
  {event::levelled, "levelled", "It has all tables."},
  {event::link_lost, "link_lost", "Its link broke, or was silent too long."},
  {event::overdue, "overdue", "It did not come back in time."},
  {event::drain_asked, "drain_asked", "`serval node drain`."},
  {event::emptied, "emptied", "Its last worker is gone."},
  {event::undrain_asked, "undrain_asked", "`serval node undrain`."},
};

// A node can join anew before the loss of its old link was seen.
constexpr transition<state, event> rows[] = {
  {{}, event::joined, state::joining, "it is back"},
  {{}, event::link_lost, state::suspect, "it cannot be reached"},
  {state::lost, event::link_lost, state::lost, ""},
  {state::suspect, event::link_lost, state::suspect, ""},
  {state::suspect, event::overdue, state::lost, "it did not come back"},
  {state::joining, event::levelled, state::ready, "it can serve"},
  {state::ready, event::levelled, state::ready, ""},
  {state::draining, event::levelled, state::draining, ""},
  {state::drained, event::levelled, state::drained, ""},
  {state::ready, event::drain_asked, state::draining, "it is to be emptied"},
  {state::draining, event::drain_asked, state::draining, ""},
  {state::drained, event::drain_asked, state::drained, ""},
  {state::draining, event::emptied, state::drained, "nothing is left there"},
  {state::draining, event::undrain_asked, state::ready, "it is wanted again"},
  {state::drained, event::undrain_asked, state::ready, "it is wanted again"},
  {state::ready, event::undrain_asked, state::ready, ""},
};

constexpr node_life_cycle cycle{states, events, rows};

} // namespace

const node_life_cycle& node_cycle() noexcept {
  return cycle;
}

std::string_view to_string(node_state what) noexcept {
  return cycle.row_of(what).name;
}

std::optional<node_state> advance(node_state from, node_event on) noexcept {
  if (const auto* found = cycle.find(from, on))
    return found->to;
  return std::nullopt;
}

} // namespace serval
