#include "app_master/reconcile.hpp"

#include "app_master/assess.hpp"
#include "app_master/trial.hpp"
#include "app_master/workers_wanted.hpp"
#include "base/defect.hpp"
#include "spec/units.hpp"

#include <algorithm>

namespace serval {

namespace {

/// Follows the journal: which release comes, which serves, which leaves.
void follow_releases(const desired_app& desired, turn& now) {
  auto& observed = now.observed;
  auto serving = desired.serving ? desired.serving->number : release_number{};
  if (serving != observed.serving) {
    if (observed.serving && observed.serving_spec
        && !defect("forget_leaving_requests"))
      observed.leaving[observed.serving]
        = {observed.serving_spec, now.now + observed.serving_spec->deadline
                                    + now.options.drain_extra};
    begin_trial(now, observed.serving, serving);
    observed.serving = serving;
    observed.serving_spec = serving ? desired.serving->spec : nullptr;
  }
  if (!desired.target) {
    observed.coming.reset();
  } else if (!observed.coming
             || observed.coming->release != desired.target->number) {
    observed.coming = bring_up{};
    observed.coming->release = desired.target->number;
    observed.coming->due
      = now.now + bring_up_patience(now.options, *desired.target);
    now.note("release " + std::to_string(desired.target->number.value),
             "bring it up", "it was deployed; first its plugin is tried out");
    if (desired.target->spec)
      now.emit(probe_release{desired.target->number, desired.target->spec});
  }
  std::erase_if(observed.leaving, [&](const auto& item) {
    return item.second.due <= now.now;
  });
  std::erase_if(observed.warnings, [&](const auto& item) {
    return item.first != observed.serving
           && (!observed.coming || item.first != observed.coming->release);
  });
}

backend_table table_of(const observed_app& observed, release_number release,
                       const std::string& backend) {
  return {backend, observed.workers.of(release, backend).serving};
}

release_table table_of(const observed_app& observed, release_number release,
                       const std::shared_ptr<const app_spec>& spec) {
  release_table out{release, spec, {}};
  for (const auto& backend : spec->backends)
    out.backends.push_back(table_of(observed, release, backend.name));
  return out;
}

bool same_content(const app_table& a, const app_table& b) {
  auto same = [](const release_table& x, const release_table& y) {
    return x.release == y.release && x.backends == y.backends;
  };
  return a.serving == b.serving && a.deleted == b.deleted
         && std::ranges::equal(a.releases, b.releases, same);
}

void publish(const desired_app& desired, turn& now) {
  auto& observed = now.observed;
  app_table next;
  next.app = now.app;
  next.deleted = desired.deleted;
  for (const auto& [release, leaving] : observed.leaving)
    next.releases.push_back(table_of(observed, release, leaving.spec));
  if (observed.serving_spec) {
    next.serving = observed.serving;
    next.releases.push_back(
      table_of(observed, observed.serving, observed.serving_spec));
  }
  auto nothing_yet = observed.table.version == 0 && next.releases.empty();
  auto is_own = observed.table.version >= observed.first_table;
  if (nothing_yet || (observed.table.version != 0 && is_own
                      && same_content(next, observed.table)))
    return;
  next.version = std::max(observed.table.version + 1, observed.first_table);
  observed.table = std::move(next);
  now.emit(publish_table{std::make_shared<const app_table>(observed.table)});
}

/// Lets workers go that no dispatcher knows any more.
void drain_retired(turn& now) {
  auto& observed = now.observed;
  for (auto id : observed.workers.unsettled()) {
    auto& worker = *observed.workers.find(id);
    if (worker.state != worker_state::retiring
        && worker.state != worker_state::unhealthy)
      continue;
    if (worker.left_at == 0)
      worker.left_at = observed.table.version;
    if (observed.acked >= worker.left_at)
      advance_worker(now, worker, worker_event::traffic_gone);
  }
}

std::string missing_workers(const release_record& target,
                            const observed_app& observed) {
  std::string out;
  for (const auto& backend : target.spec->backends) {
    auto ready = count_serving(observed, target.number, backend.name);
    auto wanted = target.workers_of(backend);
    if (ready < wanted)
      out += (out.empty() ? "" : ", ") + backend.name + " has "
             + std::to_string(ready) + " of " + std::to_string(wanted);
  }
  return out;
}

std::string late_because(const supervision_options& options,
                         const release_record& target,
                         const std::string& what) {
  return "nothing more of it got ready within "
         + format_duration(bring_up_patience(options, target))
         + "; what is missing are " + what;
}

/// Why a backend of the release could not be brought up; empty if none was
/// given up.
std::string problem_of_backends(const release_record& target,
                                const observed_app& observed,
                                const supervision_options& options) {
  std::string overdue;
  for (const auto& spec : target.spec->backends) {
    auto found = observed.backends.find({target.number, spec.name});
    if (found == observed.backends.end()
        || found->second.state != backend_state::deploy_failed)
      continue;
    if (const auto& backend = found->second;
        backend.failed_starts >= spec.start_failures)
      return "backend \"" + spec.name + "\" failed to start "
             + std::to_string(backend.failed_starts)
             + " times in a row, the last time because " + backend.reason;
    overdue = late_because(options, target,
                           "workers: " + missing_workers(target, observed));
  }
  return overdue;
}

std::string problem_of_target(const release_record& target,
                              const bring_up& coming,
                              const observed_app& observed,
                              const supervision_options& options,
                              time_point now) {
  if (!target.spec)
    return "its spec cannot be read: " + target.problem;
  if (!coming.probe_problem.empty())
    return coming.probe_problem;
  if (!coming.probed)
    return now < coming.due
             ? std::string{}
             : late_because(options, target, "the trial of its plugin");
  return problem_of_backends(target, observed, options);
}

} // namespace

void reconcile(const desired_app& desired, turn& now) {
  follow_releases(desired, now);
  // First, so that nothing is started that is not wanted any more.
  dismiss_workers(desired, now);
  want_workers(desired, now);
  expire_workers(now);
  publish(desired, now);
  drain_retired(now);
  assess(desired, now);
}

std::optional<change_kind> outcome_of_target(const desired_app& desired,
                                             observed_app& observed,
                                             const supervision_options& options,
                                             time_point now) {
  auto& coming = observed.coming;
  if (!desired.target || !coming || coming->decided || now < coming->decide_at)
    return std::nullopt;
  coming->decide_at = time_point::min();
  const auto& target = *desired.target;
  auto named = "release " + std::to_string(target.number.value);
  auto problem = problem_of_target(target, *coming, observed, options, now);
  if (!problem.empty()) {
    coming->decided = true;
    observed.decisions.note(now, named, "give it up", problem);
    return release_failed{target.number, std::move(problem)};
  }
  auto ready = missing_workers(target, observed).empty()
               || defect("promote_before_ready");
  if (!coming->probed || !ready)
    return std::nullopt;
  coming->decided = true;
  observed.decisions.note(now, named, "let it serve",
                          "all its workers are ready");
  return release_promoted{target.number};
}

time_point next_wake_up(const observed_app& observed) {
  auto due = never;
  for (auto id : observed.workers.unsettled())
    due = std::min(due, observed.workers.find(id)->due);
  for (const auto& [release, leaving] : observed.leaving)
    due = std::min(due, leaving.due);
  if (observed.coming && !observed.coming->decided)
    due = std::min(due, observed.coming->decide_at > time_point::min()
                          ? observed.coming->decide_at
                          : observed.coming->due);
  return due;
}

std::uint32_t count_serving(const observed_app& observed,
                            release_number release,
                            const std::string& backend) {
  return static_cast<std::uint32_t>(
    observed.workers.of(release, backend).serving.size());
}

} // namespace serval
