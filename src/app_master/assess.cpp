#include "app_master/assess.hpp"

#include <algorithm>

namespace serval {

namespace {

backend_event event_of(const backend_spec& spec, const backend_life& backend,
                       const worker_set::census& workers,
                       const bring_up* coming, time_point now) {
  if (workers.serving.size() >= backend.wanted)
    return workers.present > backend.wanted ? backend_event::workers_leaving
                                            : backend_event::all_ready;
  if (coming != nullptr
      && (backend.failed_starts >= spec.start_failures || now >= coming->due))
    return backend_event::given_up;
  if (workers.failing == 0)
    return backend_event::workers_missing;
  return coming != nullptr ? backend_event::start_failing
                           : backend_event::worker_failing;
}

/// Keeps the entries of one release; returns how many of its workers serve.
std::size_t assess_release(const release_record& release,
                           const bring_up* coming, turn& now) {
  std::size_t serving = 0;
  for (const auto& spec : release.spec->backends) {
    backend_key key{release.number, spec.name};
    const auto& workers = now.observed.workers.of(release.number, spec.name);
    serving += workers.serving.size();
    auto& backend = now.observed.backends[key];
    backend.wanted = release.workers_of(spec);
    backend.state = advance(backend.state, event_of(spec, backend, workers,
                                                    coming, now.now));
  }
  return serving;
}

void forget_backends(const desired_app& desired, observed_app& observed) {
  auto is = [](const std::optional<release_record>& release,
               release_number number) {
    return release && release->number == number;
  };
  std::erase_if(observed.backends, [&](const auto& item) {
    return !is(desired.serving, item.first.release)
           && !is(desired.target, item.first.release)
           && !observed.workers.backends().contains(item.first);
  });
}

app_event event_of(const desired_app& desired, const observed_app& observed) {
  if (desired.deleted)
    return observed.workers.all().empty() ? app_event::nothing_left
                                    : app_event::deleted;
  if (desired.target)
    return app_event::release_coming;
  if (desired.failed)
    return app_event::release_failed;
  if (!desired.serving || !desired.serving->spec)
    return app_event::backend_unhealthy;
  auto event = app_event::backends_healthy;
  for (const auto& spec : desired.serving->spec->backends) {
    auto found = observed.backends.find({desired.serving->number, spec.name});
    auto state = found == observed.backends.end() ? backend_state::updating
                                                  : found->second.state;
    if (state == backend_state::unhealthy)
      return app_event::backend_unhealthy;
    if (state != backend_state::healthy && state != backend_state::downscaling)
      event = app_event::backends_changing;
  }
  return event;
}

} // namespace

void assess(const desired_app& desired, turn& now) {
  auto& observed = now.observed;
  forget_backends(desired, observed);
  if (desired.serving && desired.serving->spec)
    assess_release(*desired.serving, nullptr, now);
  if (desired.target && desired.target->spec && observed.coming) {
    auto& coming = *observed.coming;
    auto* started = coming.probed && coming.probe_problem.empty() ? &coming
                                                                  : nullptr;
    auto ready = assess_release(*desired.target, started, now);
    if (ready > coming.most_ready) {
      coming.most_ready = ready;
      coming.due = now.now + bring_up_patience(now.options, *desired.target);
    }
  }
  observed.state = advance(observed.state, event_of(desired, observed));
}

duration bring_up_patience(const supervision_options& options,
                           const release_record& release) {
  auto longest = options.start_timeout;
  if (release.spec)
    for (const auto& spec : release.spec->backends)
      longest = std::max(longest, start_timeout_of(options, spec));
  return options.bring_up_max + longest;
}

} // namespace serval
