#include "app_master/status_view.hpp"

#include "app_master/orphans.hpp"
#include "app_master/reconcile.hpp"

#include <algorithm>

namespace serval {

namespace {

/// "3.2s" or "42s": more figures are of no use to people.
std::string time_until(time_point due, time_point now) {
  using tenths = std::chrono::duration<std::int64_t, std::deci>;
  auto left = std::chrono::ceil<tenths>(std::max(due - now, duration::zero()));
  if (left >= std::chrono::seconds{10})
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(left).count())
           + "s";
  return std::to_string(left.count() / 10) + "."
         + std::to_string(left.count() % 10) + "s";
}

std::string next_step(const worker_slot& worker, time_point now) {
  // Only states that end by themselves have a time when they do.
  auto until = [&] { return time_until(worker.due, now); };
  switch (worker.state) {
    case worker_state::starting:
      return "is starting; given up in " + until();
    case worker_state::queued:
      return (worker.waits_for.empty() ? "" : worker.waits_for + "; ")
             + "starts when its turn comes, within " + until();
    case worker_state::backing_off:
      return "starts again in " + until();
    case worker_state::replacing:
      return "is being stopped and then starts again";
    case worker_state::outgrown:
      return "serves until another is ready";
    case worker_state::unhealthy:
      return "gets no more calls and is then replaced";
    case worker_state::retiring:
      return "leaves the dispatchers' tables";
    case worker_state::draining:
      return "finishes its calls; killed in " + until();
    case worker_state::stopping:
      return "is being stopped";
    default:
      return {};
  }
}

/// Why the worker is where it is; empty if there is nothing to say.
std::string reason_of(const worker_slot& worker) {
  if (worker.state == worker_state::ready || worker.message.empty())
    return {};
  if (worker.failures <= 1)
    return worker.message;
  return "failed " + std::to_string(worker.failures)
         + " times in a row, the last time because " + worker.message;
}

std::string message_of(const worker_slot& worker, time_point now) {
  auto next = next_step(worker, now);
  auto reason = reason_of(worker);
  if (next.empty() || reason.empty())
    return next;
  return reason + "; " + next;
}

worker_status status_of(const worker_slot& worker, time_point now) {
  return {worker.key.id, std::string{to_string(worker.state)}, worker.pid,
          worker.restarts, message_of(worker, now)};
}

/// Of the workers that are not ready, the first that failed, else the first.
const worker_slot* worst_worker(const observed_app& observed,
                                release_number release,
                                std::string_view backend) {
  const worker_slot* worst = nullptr;
  for (auto id : observed.workers.unsettled()) {
    const auto& worker = *observed.workers.find(id);
    if (worker.release == release && worker.backend == backend
        && is_wanted(worker.state)
        && (worst == nullptr || (worst->failures == 0 && worker.failures > 0)))
      worst = &worker;
  }
  return worst;
}

/// How a backend that fails to start goes on.
std::string outlook_of(const backend_life& backend, const backend_spec& spec) {
  if (backend.failed_starts == 0 || backend.state != backend_state::updating)
    return {};
  return "; " + std::to_string(backend.failed_starts)
         + " starts in a row have failed, the release is given up after "
         + std::to_string(spec.start_failures);
}

backend_status status_of(const release_record& release,
                         const backend_spec& backend,
                         const observed_app& observed, time_point now) {
  backend_status out;
  out.name = backend.name;
  auto found = observed.backends.find({release.number, backend.name});
  if (found != observed.backends.end())
    out.state = found->second.state;
  out.desired = release.workers_of(backend);
  // One that is being replaced and its replacement may both serve.
  out.ready = std::min(
    out.desired, count_serving(observed, release.number, backend.name));
  if (out.ready >= out.desired)
    return out;
  out.message = std::to_string(out.ready) + " of "
                + std::to_string(out.desired) + " workers ready";
  if (auto* worst = worst_worker(observed, release.number, backend.name))
    out.message += "; " + name_of(*worst) + ": " + message_of(*worst, now);
  if (found != observed.backends.end())
    out.message += outlook_of(found->second, backend);
  return out;
}

/// Each with its backend, in one walk over all of them.
void list_workers(app_status& status, const observed_app& observed,
                  time_point now) {
  auto backend_named = [&](const std::string& name) {
    return std::ranges::find(status.backends, name, &backend_status::name);
  };
  for (const auto& [key, workers] : observed.workers.backends())
    if (auto found = backend_named(key.name); found != status.backends.end())
      found->workers.reserve(found->workers.capacity() + workers.present);
  for (const auto& [id, worker] : observed.workers.all())
    if (auto found = backend_named(worker.backend);
        found != status.backends.end())
      found->workers.push_back(status_of(worker, now));
}

std::string who_serves(const desired_app& desired) {
  return desired.serving ? "release "
                             + std::to_string(desired.serving->number.value)
                             + " keeps serving"
                         : "nothing serves";
}

std::string missing_backends(const app_status& status) {
  std::string out;
  for (const auto& backend : status.backends)
    if (!backend.message.empty())
      out += (out.empty() ? "" : "; ") + backend.name + ": " + backend.message;
  return out;
}

void describe_coming(app_status& status, const desired_app& desired,
                     const observed_app& observed) {
  auto what = observed.coming && observed.coming->probed
                ? missing_backends(status)
                : std::string{"its plugin is being tried out"};
  status.message = "release " + std::to_string(status.release.value)
                   + " is coming up: " + what + "; " + who_serves(desired);
  const auto& back = observed.taken_back;
  if (back && back->number == status.release)
    status.message = "rolling back to what release "
                     + std::to_string(back->like.value) + " was, because "
                     + back->reason + "; " + status.message;
}

void describe_failed(app_status& status, const desired_app& desired) {
  status.release = desired.failed->number;
  status.release_hash = desired.failed->hash;
  status.message = "release " + std::to_string(status.release.value)
                   + " failed: " + desired.failed->reason + "; "
                   + who_serves(desired);
}

void describe_serving(app_status& status, const release_record& serving) {
  status.message
    = serving.spec ? missing_backends(status)
                   : "its spec cannot be read by this version of Serval: "
                       + serving.problem + "; deploy it again";
}

void describe_release(app_status& status, const release_record& release,
                      const observed_app& observed, time_point now) {
  status.release = release.number;
  status.release_hash = release.hash;
  if (auto found = observed.warnings.find(release.number);
      found != observed.warnings.end())
    status.warnings = found->second;
  if (observed.taken_back && observed.taken_back->number == release.number)
    status.warnings.push_back(observed.taken_back->reason);
  if (!release.spec)
    return;
  status.route = release.spec->route;
  for (const auto& backend : release.spec->backends)
    status.backends.push_back(status_of(release, backend, observed, now));
  list_workers(status, observed, now);
}

} // namespace

app_status make_status(std::string_view name, const desired_app& desired,
                       const observed_app& observed, time_point now) {
  app_status status;
  status.name = name;
  status.state = observed.state;
  const auto& shown = desired.target ? desired.target : desired.serving;
  if (shown)
    describe_release(status, *shown, observed, now);
  if (has_orphans(observed)) {
    status.state = app_state::unhealthy;
    status.message = describe_orphans(name, desired, observed);
  } else if (desired.deleted) {
    status.message = std::to_string(observed.workers.all().size())
                     + " workers still have to stop";
  } else if (desired.target) {
    describe_coming(status, desired, observed);
  } else if (desired.failed) {
    describe_failed(status, desired);
  } else if (desired.serving) {
    describe_serving(status, *desired.serving);
  }
  return status;
}

} // namespace serval
