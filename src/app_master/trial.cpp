#include "app_master/trial.hpp"

#include "spec/spec_json.hpp"

namespace serval {

namespace {

/// The first backend whose every worker has died too often, on average.
const trial::deaths_of_backend* fallen(const release_record& serving,
                                       const trial& on,
                                       const supervision_options& options,
                                       std::string& name) {
  for (const auto& backend : serving.spec->backends) {
    auto found = on.deaths.find(backend.name);
    if (found == on.deaths.end()
        || found->second.count
             < options.trial_deaths_max * serving.workers_of(backend))
      continue;
    name = backend.name;
    return &found->second;
  }
  return nullptr;
}

} // namespace

void begin_trial(turn& now, release_number before, release_number after) {
  now.observed.on_trial.reset();
  if (before && before < after)
    now.observed.on_trial
      = trial{after, now.now + now.options.trial_span, {}, false,
              time_point::min()};
}

void count_death(turn& now, const worker_slot& worker) {
  auto& on = now.observed.on_trial;
  if (!on || on->release != worker.release || now.now >= on->until)
    return;
  auto& deaths = on->deaths[worker.backend];
  ++deaths.count;
  deaths.reason = worker.message;
}

std::vector<app_change> take_back(const desired_app& desired,
                                  observed_app& observed,
                                  const supervision_options& options,
                                  time_point now) {
  auto& on = observed.on_trial;
  const auto& serving = desired.serving;
  const auto& previous = desired.previous;
  if (!on || on->taken_back || now < on->not_before || now >= on->until
      || !serving || !serving->spec
      || serving->number != on->release || desired.target || !previous
      || !previous->spec)
    return {};
  std::string backend;
  const auto* deaths = fallen(*serving, *on, options, backend);
  if (deaths == nullptr)
    return {};
  on->taken_back = true;
  release_number number{desired.newest.value + 1};
  auto reason = "release " + std::to_string(serving->number.value)
                + " was taken back: workers of backend \"" + backend
                + "\" died " + std::to_string(deaths->count)
                + " times, the last time because " + deaths->reason;
  observed.decisions.note(now,
                          "release " + std::to_string(serving->number.value),
                          "go back to release "
                            + std::to_string(previous->number.value),
                          reason);
  observed.taken_back = {number, previous->number, reason};
  change_cause cause{{}, "serval", std::move(reason)};
  std::vector<app_change> changes;
  changes.push_back({cause, release_deployed{number,
                                             to_canonical_json(*previous->spec),
                                             previous->hash}});
  for (const auto& [name, workers] : previous->scaled)
    changes.push_back({cause, workers_scaled{number, name, workers}});
  return changes;
}

} // namespace serval
