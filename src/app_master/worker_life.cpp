#include "app_master/worker_life.hpp"

#include "app_master/trial.hpp"
#include "base/defect.hpp"

#include <algorithm>

namespace serval {

namespace {

std::uint32_t workers_of_app(const observed_app& observed) {
  return static_cast<std::uint32_t>(observed.workers.size());
}

/// Notes a failure of a release that is being brought up.
void count_failed_start(turn& now, const worker_slot& worker) {
  auto& coming = now.observed.coming;
  if (!coming || coming->release != worker.release)
    return;
  auto& failed = coming->failed[worker.backend];
  ++failed.count;
  failed.reason = worker.message;
}

void begin_back_off(turn& now, worker_slot& worker, worker_state from) {
  auto was_stable = from == worker_state::ready
                    && now.now - worker.ready_since >= now.options.stable_after;
  worker.failures = was_stable ? 1 : worker.failures + 1;
  ++worker.restarts;
  worker.pid = 0;
  auto wait = back_off(now.options, worker.failures, now.random);
  auto burst = now.options.restart_burst + workers_of_app(now.observed);
  auto place = now.observed.restarts.reserve(now.now, burst,
                                             now.options.restart_period);
  worker.due = std::max(now.now + wait, place);
  if (defect("no_restart_back_off"))
    worker.due = now.now;
  count_failed_start(now, worker);
  if (from == worker_state::ready)
    count_death(now, worker);
}

void order_start(turn& now, worker_slot& worker) {
  ++worker.key.incarnation;
  worker.due = now.now + now.options.start_max;
  now.emit(start_worker{{now.app, worker.release, worker.spec, worker.backend,
                         worker.key}});
}

void order_stop(turn& now, worker_slot& worker, bool drain) {
  auto patience = drain ? worker.spec->deadline + now.options.drain_extra
                        : now.options.stop_max;
  worker.due = now.now + patience;
  now.emit(stop_worker{worker.key, drain});
}

void enter(turn& now, worker_slot& worker, worker_state from) {
  switch (worker.state) {
    case worker_state::starting:
      order_start(now, worker);
      break;
    case worker_state::ready:
      worker.ready_since = now.now;
      worker.due = never;
      break;
    case worker_state::outgrown:
      break;
    case worker_state::retiring:
      worker.left_at = 0;
      worker.due = now.now + now.options.retire_max;
      break;
    case worker_state::draining:
      order_stop(now, worker, true);
      break;
    case worker_state::stopping:
    case worker_state::replacing:
      order_stop(now, worker, false);
      break;
    case worker_state::backing_off:
      begin_back_off(now, worker, from);
      break;
    case worker_state::stopped:
      worker.due = never;
      break;
  }
}

struct seen_event {
  worker_event event;
  std::string reason;
};

seen_event event_of(const worker_ready&) {
  return {worker_event::became_ready, {}};
}

seen_event event_of(const worker_failed& report) {
  return {worker_event::failed, report.reason};
}

seen_event event_of(const worker_died& report) {
  return {worker_event::died, report.reason};
}

seen_event event_of(const worker_stopped&) {
  return {worker_event::gone, {}};
}

seen_event event_of(const worker_unhealthy& report) {
  return {worker_event::unhealthy, report.reason};
}

/// How many workers a backend has, and how many of them do not serve yet or
/// not for long.
struct backend_census {
  std::uint32_t all = 0;
  std::uint32_t changing = 0;
};

backend_census census_of(const observed_app& observed,
                         const worker_slot& like) {
  backend_census census;
  for (const auto& [id, worker] : observed.workers) {
    if (worker.release != like.release || worker.backend != like.backend)
      continue;
    census.all += is_wanted(worker.state);
    census.changing += worker.state == worker_state::outgrown
                       || (is_wanted(worker.state)
                           && worker.state != worker_state::ready);
  }
  return census;
}

/// Only as many at once as the backend can spare, and none as long as others
/// are missing for another reason. Who has to wait is reported again.
void take(turn& now, const worker_outgrown& report) {
  auto found = now.observed.workers.find(report.key.id);
  if (found == now.observed.workers.end()
      || found->second.key.incarnation != report.key.incarnation)
    return;
  auto& worker = found->second;
  auto census = census_of(now.observed, worker);
  if (worker.state == worker_state::ready
      && now.now - worker.ready_since >= now.options.recycle_age_min
      && census.changing < recycles_at_once(census.all))
    advance_worker(now, worker, worker_event::outgrew, report.reason);
}

template <class Report>
void take(turn& now, const Report& report) {
  auto& workers = now.observed.workers;
  auto found = workers.find(report.key.id);
  auto seen = event_of(report);
  if (found == workers.end()
      || found->second.key.incarnation != report.key.incarnation) {
    // News of an incarnation that is over; unless it is there nevertheless.
    if (seen.event == worker_event::became_ready)
      now.emit(stop_worker{report.key, false});
    return;
  }
  auto& worker = found->second;
  if constexpr (std::is_same_v<Report, worker_ready>)
    worker.pid = report.pid;
  advance_worker(now, worker, seen.event, std::move(seen.reason));
  if (worker.state == worker_state::stopped)
    workers.erase(found);
}

void take(turn& now, const table_acked& report) {
  auto& acked = now.observed.acked;
  acked = std::max(acked, report.version);
}

void take(turn& now, const release_idle& report) {
  auto found = now.observed.leaving.find(report.release);
  if (found != now.observed.leaving.end())
    found->second.due = now.now;
}

void take(turn& now, const release_probed& report) {
  auto& coming = now.observed.coming;
  if (!coming || coming->release != report.release || coming->probed)
    return;
  coming->probed = true;
  if (!report.fine)
    coming->probe_problem = report.reason;
  now.observed.warnings[report.release] = report.warnings;
}

/// What `due` means in a worker's state.
worker_event event_when_due(worker_state state) {
  return state == worker_state::backing_off ? worker_event::back_off_over
                                            : worker_event::overdue;
}

std::string reason_when_due(const turn& now, worker_state state) {
  if (state != worker_state::starting)
    return {};
  auto seconds
    = std::chrono::duration_cast<std::chrono::seconds>(now.options.start_max);
  return "it was not ready within " + std::to_string(seconds.count()) + " s";
}

} // namespace

void advance_worker(turn& now, worker_slot& worker, worker_event event,
                    std::string reason) {
  auto next = advance(worker.state, event);
  if (!next)
    return;
  if (!reason.empty())
    worker.message = std::move(reason);
  // A state is entered again only to repeat an order that was not obeyed.
  if (*next == worker.state && event != worker_event::overdue)
    return;
  auto from = worker.state;
  worker.state = *next;
  enter(now, worker, from);
}

void take_report(turn& now, const node_report& report) {
  std::visit([&](const auto& what) { take(now, what); }, report);
}

void expire_workers(turn& now) {
  for (auto& [id, worker] : now.observed.workers)
    if (worker.due <= now.now)
      advance_worker(now, worker, event_when_due(worker.state),
                     reason_when_due(now, worker.state));
  std::erase_if(now.observed.workers, [](const auto& item) {
    return item.second.state == worker_state::stopped;
  });
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
  auto& added
    = now.observed.workers.emplace(worker.key.id, std::move(worker))
        .first->second;
  advance_worker(now, added, worker_event::back_off_over);
}

} // namespace serval
