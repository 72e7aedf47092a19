#include "app_master/handover.hpp"

namespace serval {

namespace {

bool is(const std::optional<release_record>& release, release_number number) {
  return release && release->number == number;
}

bool is_current(const desired_app& desired, release_number number) {
  return is(desired.serving, number) || is(desired.target, number);
}

/// Puts what is known of a worker to what was found of it.
void complete(worker_set& workers, worker_slot& found,
              const worker_slot& known) {
  workers.set_failures(found, known.failures);
  if (found.state == worker_state::ready) {
    if (known.state == worker_state::ready && known.key == found.key)
      found.ready_since = known.ready_since;
  } else {
    found.message = known.message;
  }
}

/// A worker that the node does not have: it waits to start, or has just ended.
void bring_back(turn& now, const worker_slot& known) {
  auto& slot = now.observed.workers.add(known);
  if (slot.state == worker_state::backing_off)
    return;
  if (slot.state != worker_state::replacing) {
    advance_worker(now, slot, worker_event::died,
                   "it ended while its app_master was being replaced");
    return;
  }
  // It ended as it was told to, and starts again if it is still wanted.
  now.observed.workers.set_state(slot, worker_state::backing_off);
  slot.due = now.now;
}

} // namespace

handover make_handover(const observed_app& observed) {
  handover out;
  for (auto id : observed.workers.failed())
    if (const auto& worker = *observed.workers.find(id);
        is_wanted(worker.state))
      out.failing.push_back(worker);
  out.backends = observed.backends;
  out.coming = observed.coming;
  out.on_trial = observed.on_trial;
  out.taken_back = observed.taken_back;
  out.warnings = observed.warnings;
  out.decisions = observed.decisions;
  return out;
}

void note_failure(handover_place& place, time_point now,
                  const std::string& why, std::string what_next) {
  auto next = place.last ? *place.last : handover{};
  next.decisions.note(now, "app_master", std::move(what_next),
                      "the one before it failed: " + why);
  place.last = std::make_shared<const handover>(std::move(next));
}

void take_over(const handover& before, const desired_app& desired, turn& now) {
  auto& observed = now.observed;
  for (const auto& [key, backend] : before.backends)
    if (is_current(desired, key.release))
      observed.backends.emplace(key, backend);
  // Its trial has to be ordered again, if its end was not heard of.
  if (before.coming && before.coming->probed
      && is(desired.target, before.coming->release)) {
    observed.coming = before.coming;
    observed.coming->decided = false;
  }
  if (before.on_trial && before.on_trial->release == observed.serving
      && is(desired.serving, observed.serving)) {
    observed.on_trial = before.on_trial;
    observed.on_trial->taken_back = false;
  }
  if (before.taken_back && is_current(desired, before.taken_back->number))
    observed.taken_back = before.taken_back;
  observed.warnings = before.warnings;
  for (const auto& known : before.failing) {
    if (auto* found = observed.workers.find(known.key.id))
      complete(observed.workers, *found, known);
    else if (is_current(desired, known.release))
      bring_back(now, known);
  }
}

} // namespace serval
