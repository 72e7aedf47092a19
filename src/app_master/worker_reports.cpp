#include "app_master/worker_reports.hpp"

#include "app_master/worker_life.hpp"
#include "base/defect.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace serval {

namespace {

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
  return {worker_event::health_failed, report.reason};
}

seen_event event_of(const worker_delayed& report) {
  return {worker_event::delayed, report.reason};
}

seen_event event_of(const worker_begun&) {
  return {worker_event::begun, {}};
}

/// How many workers of its backend do not serve yet, or not for long.
std::uint32_t changing_beside(const worker_set& workers,
                              const worker_slot& like) {
  std::uint32_t changing = 0;
  for (auto id : workers.unsettled()) {
    const auto& worker = *workers.find(id);
    if (worker.release == like.release && worker.backend == like.backend)
      changing += worker.state == worker_state::outgrown
                  || is_wanted(worker.state);
  }
  return changing;
}

/// Only as many at once as the backend can spare, and none as long as others
/// are missing for another reason. Who has to wait is reported again.
void take(turn& now, const worker_outgrown& report) {
  auto& workers = now.observed.workers;
  auto* found = workers.find(report.key.id);
  if (found == nullptr || found->key.incarnation != report.key.incarnation)
    return;
  auto& worker = *found;
  auto all = workers.of(worker.release, worker.backend).wanted;
  if (worker.state == worker_state::ready
      && now.now - worker.ready_since >= now.options.recycle_age_min
      && changing_beside(workers, worker) < recycles_at_once(all))
    advance_worker(now, worker, worker_event::outgrew, report.reason);
}

template <class Report>
void take(turn& now, const Report& report) {
  auto& workers = now.observed.workers;
  auto* found = workers.find(report.key.id);
  auto seen = event_of(report);
  if (found == nullptr
      || (found->key.incarnation != report.key.incarnation
          && !defect("forget_incarnation"))) {
    // News of an incarnation that is over; unless it is there nevertheless.
    if (seen.event == worker_event::became_ready)
      now.emit(stop_worker{report.key, false});
    return;
  }
  auto& worker = *found;
  if constexpr (std::is_same_v<Report, worker_ready>)
    worker.pid = report.pid;
  if constexpr (std::is_same_v<Report, worker_unhealthy>)
    worker.hangs = report.hangs;
  advance_worker(now, worker, seen.event, std::move(seen.reason));
  if (worker.state == worker_state::stopped)
    workers.erase(worker.key.id);
}

void take(turn& now, const table_acked& report) {
  auto& acked = now.observed.acked;
  acked = std::max(acked, report.version);
}

void take(turn& now, const release_idle& report) {
  auto found = now.observed.leaving.find(report.release);
  if (found != now.observed.leaving.end())
    found->second.due = defect("never_let_go") ? never : now.now;
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

} // namespace

void take_report(turn& now, const node_report& report) {
  std::visit([&](const auto& what) { take(now, what); }, report);
}

} // namespace serval
