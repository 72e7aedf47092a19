#include "app_master/worker_life.hpp"

#include "app_master/trial.hpp"
#include "base/assert.hpp"
#include "base/defect.hpp"
#include "spec/units.hpp"

#include <algorithm>
#include <utility>

namespace serval {

namespace {

/// Notes a failure of a release that is being brought up.
void count_failed_start(turn& now, const worker_slot& worker) {
  auto& coming = now.observed.coming;
  if (!coming || coming->release != worker.release)
    return;
  auto& backend = backend_of(now.observed, worker);
  backend.failed_starts
    = backend.any_started ? std::max(backend.failed_starts, worker.failures)
                          : backend.failed_starts + 1;
  backend.reason = worker.message;
}

/// The backend can start; from here on each worker is judged by itself.
void count_good_start(turn& now, const worker_slot& worker) {
  auto& backend = backend_of(now.observed, worker);
  if (!std::exchange(backend.any_started, true))
    backend.failed_starts = 0;
}

void begin_back_off(turn& now, worker_slot& worker, worker_state from) {
  now.observed.workers.set_failures(worker, worker.failures + 1);
  ++worker.restarts;
  worker.pid = 0;
  auto& backend = backend_of(now.observed, worker);
  auto burst = now.options.restart_burst + backend.wanted;
  auto place = backend.restarts.reserve(now.now, burst,
                                        now.options.restart_period);
  auto own = now.now + restart_pause(now.options, worker.failures, now.random);
  worker.due = std::max(own, place);
  if (defect("no_restart_back_off"))
    worker.due = now.now;
  count_failed_start(now, worker);
  if (from == worker_state::ready)
    count_death(now, worker);
  auto why = worker.message.empty() ? std::string{"it ended"} : worker.message;
  if (worker.failures > 1)
    why += "; failure " + std::to_string(worker.failures) + " in a row";
  if (place > own)
    why += "; other workers of its backend restart first";
  now.note(name_of(worker), "start it again", std::move(why));
}

/// The node ends a start that takes too long, and says what it was.
duration start_patience(const turn& now, const worker_slot& worker) {
  auto* backend = find_backend(*worker.spec, worker.backend);
  SERVAL_ASSERT(backend != nullptr);
  return start_timeout_of(now.options, *backend) + now.options.start_extra;
}

void order_start(turn& now, worker_slot& worker) {
  ++worker.key.incarnation;
  worker.due = defect("wait_for_ever_for_starts")
                 ? never
                 : now.now + start_patience(now, worker);
  now.emit(start_worker{{now.app, worker.release, worker.spec, worker.backend,
                         worker.key, worker.failures}});
}

void order_stop(turn& now, worker_slot& worker, bool drain) {
  auto patience = drain ? worker.spec->deadline + now.options.drain_extra
                        : now.options.stop_max;
  worker.due = now.now + patience;
  now.emit(stop_worker{worker.key, drain});
}

void enter(turn& now, worker_slot& worker, worker_state from) {
  if (from == worker_state::ready
      && now.now - worker.ready_since >= now.options.stable_after)
    now.observed.workers.set_failures(worker, 0);
  switch (worker.state) {
    case worker_state::starting:
      if (from == worker_state::queued)
        worker.due = now.now + start_patience(now, worker);
      else
        order_start(now, worker);
      break;
    case worker_state::queued:
      worker.due = now.now + now.options.queue_max;
      break;
    case worker_state::ready:
      worker.ready_since = now.now;
      worker.due = never;
      worker.message.clear();
      count_good_start(now, worker);
      break;
    case worker_state::outgrown:
      break;
    case worker_state::unhealthy:
    case worker_state::retiring:
      if (worker.state == worker_state::unhealthy)
        count_death(now, worker);
      worker.left_at = 0;
      worker.due = now.now + now.options.retire_max;
      break;
    case worker_state::draining:
      order_stop(now, worker, true);
      break;
    case worker_state::stopping:
      order_stop(now, worker, false);
      break;
    case worker_state::replacing:
      // Calls that it has in hand are finished, if it does anything at all.
      order_stop(now, worker,
                 from == worker_state::unhealthy && !worker.hangs);
      break;
    case worker_state::backing_off:
      begin_back_off(now, worker, from);
      break;
    case worker_state::stopped:
      worker.due = never;
      break;
  }
}

/// What a transition is called among the decisions; empty if it is none, or if
/// whoever caused it tells of it.
std::string_view decision_of(worker_state from, worker_state to,
                             worker_event event) {
  using enum worker_state;
  if (event == worker_event::unwanted)
    return {};
  switch (to) {
    case queued:
      return "start workers later";
    case outgrown:
      return "replace it once another serves";
    case unhealthy:
      return "give it no more calls and replace it";
    case retiring:
      return "let it go";
    case stopping:
    case replacing:
      return from == to ? "tell it again to stop" : "stop it";
    default:
      return {};
  }
}

void note_transition(turn& now, const worker_slot& worker,
                     const transition<worker_state, worker_event>& row) {
  auto what = decision_of(worker.state, row.to, row.on);
  if (what.empty())
    return;
  std::string why{row.why};
  // With many workers, that each of them waits would push out all else.
  auto waits = row.to == worker_state::queued;
  const auto& more = waits ? worker.waits_for : worker.message;
  if (!more.empty())
    why += ": " + more;
  now.note(waits ? "backend " + worker.backend : name_of(worker),
           std::string{what}, std::move(why));
}

std::string reason_when_due(const turn& now, const worker_slot& worker) {
  if (worker.state != worker_state::starting)
    return {};
  return "it was not ready within "
         + format_duration(start_patience(now, worker))
         + ", and the node did not say why";
}

} // namespace

std::string name_of(const worker_slot& worker) {
  return "worker " + worker.backend + "/" + std::to_string(worker.key.id.value);
}

backend_life& backend_of(observed_app& observed, const worker_slot& worker) {
  return observed.backends[{worker.release, worker.backend}];
}

void advance_worker(turn& now, worker_slot& worker, worker_event event,
                    std::string reason) {
  const auto* row = worker_cycle().find(worker.state, event);
  if (row == nullptr)
    return;
  if (event == worker_event::delayed)
    worker.waits_for = std::move(reason);
  else if (!reason.empty())
    worker.message = std::move(reason);
  // A state is entered again only to repeat an order that was not obeyed.
  if (row->to == worker.state && event != worker_event::overdue)
    return;
  note_transition(now, worker, *row);
  auto from = worker.state;
  now.observed.workers.set_state(worker, row->to);
  enter(now, worker, from);
}

void expire_workers(turn& now) {
  auto& workers = now.observed.workers;
  for (auto id : workers.unsettled()) {
    auto& worker = *workers.find(id);
    if (worker.due > now.now)
      continue;
    auto event = worker_cycle().row_of(worker.state).when_over;
    SERVAL_ASSERT(event.has_value());
    advance_worker(now, worker, *event, reason_when_due(now, worker));
  }
  erase_stopped(now);
}

void erase_stopped(turn& now) {
  auto& workers = now.observed.workers;
  for (auto id : workers.unsettled())
    if (workers.find(id)->state == worker_state::stopped)
      workers.erase(id);
}

void add_worker(turn& now, release_number release,
                std::shared_ptr<const app_spec> spec,
                const std::string& backend) {
  worker_slot worker;
  worker.key.id = now.observed.next_id;
  ++now.observed.next_id.value;
  worker.release = release;
  worker.spec = std::move(spec);
  worker.backend = backend;
  advance_worker(now, now.observed.workers.add(std::move(worker)),
                 worker_event::back_off_over);
}

} // namespace serval
