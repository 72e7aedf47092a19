#include "model/worker_state.hpp"

namespace serval {

namespace {

using state = worker_state;
using event = worker_event;

constexpr state_row<state, event> states[] = {
  {state::starting, "starting", "Told to start; not ready yet.",
   "start_timeout, and a little", event::overdue},
  {state::queued, "queued", "The node starts others first.",
   "the patience for a turn", event::overdue},
  {state::ready, "ready", "In the published table."},
  {state::outgrown, "outgrown",
   "As ready, until another that takes less memory is."},
  {state::unhealthy, "unhealthy",
   "Out of the table, as its health checks fail; requests may still reach it.",
   "the patience with dispatchers", event::overdue},
  {state::retiring, "retiring",
   "Out of the table, as it is not wanted; requests may still reach it.",
   "the patience with dispatchers", event::overdue},
  {state::draining, "draining", "Told to finish what it has and stop.",
   "the application's deadline, and a little", event::overdue},
  {state::stopping, "stopping", "Told to stop at once.",
   "the patience with a stop", event::overdue},
  {state::replacing, "replacing", "Wanted, but its body is being ended.",
   "as draining, then as stopping", event::overdue},
  {state::backing_off, "backing_off", "Waits before it starts again.",
   "its back-off", event::back_off_over},
  {state::stopped, "stopped", "Gone for good.", {}, {}, true},
};

constexpr event_row<event> events[] = {
  {event::delayed, "delayed", "The node says: others start first."},
  {event::begun, "begun", "The node says: its turn has come."},
  {event::became_ready, "became_ready", "The node says: it can serve."},
  {event::failed, "failed",
   "The node says: it could not start, and is gone."},
  {event::died, "died", "The node says: it is gone, unasked."},
  {event::gone, "gone", "The node says: it is gone, as asked."},
  {event::health_failed, "health_failed",
   "The node says: its health checks fail or do not return."},
  {event::outgrew, "outgrew",
   "It takes too much memory, and it is its turn to go."},
  {event::unwanted, "unwanted", "No release or scale wants it any more."},
  {event::traffic_gone, "traffic_gone", "No request can reach it any more."},
  {event::overdue, "overdue",
   "It has been in its state for longer than allowed."},
  {event::back_off_over, "back_off_over",
   "The time to wait before another start is over."},
};

// Reports of a node cross commands on their way, so that `became_ready`,
// `failed` and `died` can arrive in every state in which a body may exist; what
// is on its way out ends either way.
constexpr transition<state, event> rows[] = {
  {state::starting, event::delayed, state::queued, "the node has no place"},
  {state::starting, event::begun, state::starting, ""},
  {state::starting, event::became_ready, state::ready, "it can serve"},
  {state::starting, event::failed, state::backing_off, "its start failed"},
  {state::starting, event::died, state::backing_off, "its start failed"},
  {state::starting, event::gone, state::backing_off, "its start was ended"},
  {state::starting, event::health_failed, state::replacing,
   "it is not healthy"},
  {state::starting, event::unwanted, state::stopping, "nobody wants it"},
  {state::starting, event::overdue, state::replacing, "it started too slowly"},

  {state::queued, event::delayed, state::queued, ""},
  {state::queued, event::begun, state::starting, "its turn has come"},
  {state::queued, event::became_ready, state::ready, "it can serve"},
  {state::queued, event::failed, state::backing_off, "its start failed"},
  {state::queued, event::died, state::backing_off, "its start failed"},
  {state::queued, event::gone, state::backing_off, "its start was ended"},
  {state::queued, event::health_failed, state::replacing, "it is not healthy"},
  {state::queued, event::unwanted, state::stopping, "nobody wants it"},
  {state::queued, event::overdue, state::replacing,
   "its turn did not come in time"},

  {state::ready, event::became_ready, state::ready, ""},
  {state::ready, event::failed, state::backing_off, "it died"},
  {state::ready, event::died, state::backing_off, "it died"},
  {state::ready, event::gone, state::backing_off, "it ended"},
  {state::ready, event::health_failed, state::unhealthy,
   "its health checks fail; first it loses its traffic"},
  {state::ready, event::outgrew, state::outgrown, "it takes too much memory"},
  {state::ready, event::unwanted, state::retiring, "nobody wants it"},

  {state::outgrown, event::became_ready, state::outgrown, ""},
  {state::outgrown, event::failed, state::stopped, "its replacement stays"},
  {state::outgrown, event::died, state::stopped, "its replacement stays"},
  {state::outgrown, event::gone, state::stopped, "its replacement stays"},
  {state::outgrown, event::health_failed, state::retiring,
   "it was to go in any case"},
  {state::outgrown, event::outgrew, state::outgrown, ""},
  {state::outgrown, event::unwanted, state::retiring, "another serves instead"},

  {state::unhealthy, event::became_ready, state::unhealthy, ""},
  {state::unhealthy, event::failed, state::backing_off, "it died"},
  {state::unhealthy, event::died, state::backing_off, "it died"},
  {state::unhealthy, event::gone, state::backing_off, "it ended"},
  {state::unhealthy, event::health_failed, state::unhealthy, ""},
  {state::unhealthy, event::outgrew, state::unhealthy, ""},
  {state::unhealthy, event::unwanted, state::retiring, "nobody wants it"},
  {state::unhealthy, event::traffic_gone, state::replacing,
   "no request reaches it any more"},
  {state::unhealthy, event::overdue, state::replacing,
   "a dispatcher does not answer"},

  {state::retiring, event::became_ready, state::retiring, ""},
  {state::retiring, event::failed, state::stopped, "it is gone"},
  {state::retiring, event::died, state::stopped, "it is gone"},
  {state::retiring, event::gone, state::stopped, "it is gone"},
  {state::retiring, event::health_failed, state::retiring, ""},
  {state::retiring, event::outgrew, state::retiring, ""},
  {state::retiring, event::unwanted, state::retiring, ""},
  {state::retiring, event::traffic_gone, state::draining,
   "no request reaches it any more"},
  {state::retiring, event::overdue, state::draining,
   "a dispatcher does not answer"},

  {state::draining, event::became_ready, state::draining, ""},
  {state::draining, event::failed, state::stopped, "it is gone"},
  {state::draining, event::died, state::stopped, "it is gone"},
  {state::draining, event::gone, state::stopped, "it is gone"},
  {state::draining, event::health_failed, state::draining, ""},
  {state::draining, event::outgrew, state::draining, ""},
  {state::draining, event::unwanted, state::draining, ""},
  {state::draining, event::traffic_gone, state::draining, ""},
  {state::draining, event::overdue, state::stopping,
   "its calls do not end in time"},

  {state::stopping, event::delayed, state::stopping, ""},
  {state::stopping, event::begun, state::stopping, ""},
  {state::stopping, event::became_ready, state::stopping, ""},
  {state::stopping, event::failed, state::stopped, "it is gone"},
  {state::stopping, event::died, state::stopped, "it is gone"},
  {state::stopping, event::gone, state::stopped, "it is gone"},
  {state::stopping, event::health_failed, state::stopping, ""},
  {state::stopping, event::outgrew, state::stopping, ""},
  {state::stopping, event::unwanted, state::stopping, ""},
  {state::stopping, event::traffic_gone, state::stopping, ""},
  {state::stopping, event::overdue, state::stopping,
   "the order was not obeyed; it is repeated"},

  {state::replacing, event::delayed, state::replacing, ""},
  {state::replacing, event::begun, state::replacing, ""},
  {state::replacing, event::became_ready, state::replacing, ""},
  {state::replacing, event::failed, state::backing_off, "its body is gone"},
  {state::replacing, event::died, state::backing_off, "its body is gone"},
  {state::replacing, event::gone, state::backing_off, "its body is gone"},
  {state::replacing, event::health_failed, state::replacing, ""},
  {state::replacing, event::outgrew, state::replacing, ""},
  {state::replacing, event::unwanted, state::stopping, "nobody wants it"},
  {state::replacing, event::overdue, state::replacing,
   "the order was not obeyed; it is repeated"},

  {state::backing_off, event::unwanted, state::stopped, "nobody wants it"},
  {state::backing_off, event::back_off_over, state::starting,
   "it has waited long enough"},

  {state::stopped, event::unwanted, state::stopped, ""},
};

constexpr worker_life_cycle cycle{states, events, rows};

} // namespace

const worker_life_cycle& worker_cycle() noexcept {
  return cycle;
}

std::string_view to_string(worker_state what) noexcept {
  return cycle.row_of(what).name;
}

std::string_view to_string(worker_event what) noexcept {
  return events[static_cast<std::size_t>(what)].name;
}

std::optional<worker_state> advance(worker_state from,
                                    worker_event on) noexcept {
  if (const auto* found = cycle.find(from, on))
    return found->to;
  return std::nullopt;
}

} // namespace serval
