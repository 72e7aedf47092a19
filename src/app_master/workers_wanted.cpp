#include "app_master/workers_wanted.hpp"

#include "app_master/reconcile.hpp"
#include "base/defect.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace serval {

namespace {

/// Workers that serve are the last to go, and of those the youngest first.
int worth(worker_state state) {
  switch (state) {
    case worker_state::ready:
      return 2;
    case worker_state::starting:
      return 1;
    default:
      return 0;
  }
}

std::vector<worker_id> wanted_so_far(const worker_set& workers,
                                     release_number release,
                                     const std::string& backend) {
  std::vector<worker_id> out;
  for (const auto& [id, worker] : workers.all())
    if (worker.release == release && worker.backend == backend
        && is_wanted(worker.state))
      out.push_back(id);
  std::ranges::stable_sort(out, [&](auto a, auto b) {
    return worth(workers.find(a)->state) > worth(workers.find(b)->state);
  });
  return out;
}

/// Outgrown workers go once others serve in their places.
void retire_replaced(turn& now, const release_record& release,
                     const backend_spec& backend) {
  auto& workers = now.observed.workers;
  auto serving = count_serving(now.observed, release.number, backend.name);
  for (auto id : workers.unsettled()) {
    if (serving <= release.workers_of(backend)
        && !defect("retire_before_replaced"))
      return;
    auto& worker = *workers.find(id);
    if (worker.release != release.number || worker.backend != backend.name
        || worker.state != worker_state::outgrown)
      continue;
    advance_worker(now, worker, worker_event::unwanted);
    --serving;
  }
}

void note_change(turn& now, const release_record& release,
                 const std::string& backend, std::uint32_t present,
                 std::uint32_t wanted) {
  auto what = present < wanted
                ? "start " + std::to_string(wanted - present) + " workers"
                : "end " + std::to_string(present - wanted) + " workers";
  now.note("backend " + backend, std::move(what),
           "release " + std::to_string(release.number.value) + " is to have "
             + std::to_string(wanted) + " and has " + std::to_string(present));
}

void fit_backend(turn& now, const release_record& release,
                 const backend_spec& backend) {
  auto& workers = now.observed.workers;
  auto present = workers.of(release.number, backend.name).wanted;
  auto wanted = release.workers_of(backend);
  if (present != wanted)
    note_change(now, release, backend.name, present, wanted);
  if (present > wanted) {
    auto by_worth = wanted_so_far(workers, release.number, backend.name);
    for (auto i = wanted; i < by_worth.size(); ++i)
      advance_worker(now, *workers.find(by_worth[i]), worker_event::unwanted);
  }
  for (auto i = present; i < wanted; ++i)
    add_worker(now, release.number, release.spec, backend.name);
  retire_replaced(now, release, backend);
}

bool is_current(const desired_app& desired, release_number release) {
  auto replaced = desired.target && defect("stop_before_successor_serves");
  return (desired.serving && desired.serving->number == release && !replaced)
         || (desired.target && desired.target->number == release);
}

/// Requests of a leaving release still need the workers that serve.
bool may_stay(const observed_app& observed, const worker_slot& worker) {
  return serves(worker.state)
         && observed.leaving.contains(worker.release);
}

} // namespace

void dismiss_workers(const desired_app& desired, turn& now) {
  auto& workers = now.observed.workers;
  std::set<release_number> over;
  for (const auto& [key, backend] : workers.backends())
    if (!is_current(desired, key.release))
      over.insert(key.release);
  if (over.empty())
    return;
  std::map<release_number, std::vector<worker_id>> ended;
  for (const auto& [id, worker] : workers.all())
    if (over.contains(worker.release)
        && (is_wanted(worker.state) || serves(worker.state))
        && !may_stay(now.observed, worker))
      ended[worker.release].push_back(id);
  for (const auto& [release, ids] : ended) {
    for (auto id : ids)
      advance_worker(now, *workers.find(id), worker_event::unwanted);
    now.note("release " + std::to_string(release.value),
             "end " + std::to_string(ids.size()) + " workers",
             "it is neither serving nor coming, and no request needs them");
  }
}

void want_workers(const desired_app& desired, turn& now) {
  auto& observed = now.observed;
  for (const auto* release : {&desired.serving, &desired.target}) {
    if (!*release || !(*release)->spec)
      continue;
    auto comes = release == &desired.target;
    if (comes && (!observed.coming->probed
                  || !observed.coming->probe_problem.empty()))
      continue;
    for (const auto& backend : (*release)->spec->backends)
      fit_backend(now, **release, backend);
  }
  erase_stopped(now);
}

} // namespace serval
