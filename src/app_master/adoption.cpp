#include "app_master/adoption.hpp"

#include "spec/spec_json.hpp"

#include <algorithm>

namespace serval {

namespace {

/// Whether the worker's release is one of the journal's, as far as that still
/// says what its releases were. The hashes are made anew on both sides: that in
/// the journal may be another version's of Serval.
bool is_known(const desired_app& desired, const found_worker& worker) {
  if (worker.release > desired.newest)
    return false;
  for (const auto* release :
       {&desired.serving, &desired.previous, &desired.target})
    if (*release && (*release)->number == worker.release)
      return !(*release)->spec
             || release_hash(*(*release)->spec) == release_hash(*worker.spec);
  return true;
}

worker_slot slot_of(const found_worker& found,
                    const supervision_options& options, time_point now) {
  worker_slot slot;
  slot.key = found.key;
  slot.release = found.release;
  slot.spec = found.spec;
  slot.backend = found.backend;
  slot.state = found.state;
  slot.pid = found.pid;
  slot.restarts = found.key.incarnation - 1;
  switch (found.state) {
    case worker_state::queued:
      slot.due = now + options.queue_max;
      break;
    case worker_state::starting:
      slot.due = now
                 + start_timeout_of(options, *find_backend(*found.spec,
                                                           found.backend))
                 + options.start_extra;
      break;
    case worker_state::draining:
      slot.due = now + found.spec->deadline + options.drain_extra;
      break;
    case worker_state::stopping:
      slot.due = now + options.stop_max;
      break;
    default:
      slot.ready_since = now;
  }
  return slot;
}

/// Goes on where the last table stood: what it served, and what was leaving.
void adopt_table(const app_inventory& found, const supervision_options& options,
                 observed_app& observed, time_point now) {
  observed.table = *found.table;
  observed.acked = found.acked;
  for (const auto& release : observed.table.releases) {
    if (release.release == observed.table.serving) {
      observed.serving = release.release;
      observed.serving_spec = release.spec;
      continue;
    }
    auto is_idle = std::ranges::find(found.idle, release.release)
                   != found.idle.end();
    auto patience = is_idle ? duration::zero()
                            : release.spec->deadline + options.drain_extra;
    observed.leaving[release.release] = {release.spec, now + patience};
  }
}

struct key_of_end {
  const worker_key* operator()(const worker_failed& report) const {
    return &report.key;
  }
  const worker_key* operator()(const worker_died& report) const {
    return &report.key;
  }
  const worker_key* operator()(const worker_stopped& report) const {
    return &report.key;
  }
  template <class Other>
  const worker_key* operator()(const Other&) const {
    return nullptr;
  }
};

void note_ready(observed_app& observed, const node_report& report) {
  const auto* ready = std::get_if<worker_ready>(&report);
  if (ready == nullptr)
    return;
  auto found = observed.workers.find(ready->key.id);
  if (found == observed.workers.end()
      || found->second.state != worker_state::starting)
    return;
  found->second.state = worker_state::ready;
  found->second.due = never;
  found->second.pid = ready->pid;
}

} // namespace

void adopt(const desired_app& desired, const app_inventory& found,
           const supervision_options& options, observed_app& observed,
           time_point now) {
  observed.next_id.value
    = std::max(observed.next_id.value, found.highest_id.value + 1);
  std::set<release_number> seen;
  for (const auto& worker : found.workers) {
    observed.workers.emplace(worker.key.id, slot_of(worker, options, now));
    if (seen.insert(worker.release).second && !is_known(desired, worker))
      observed.unknown.insert(worker.release);
  }
  if (found.table)
    adopt_table(found, options, observed, now);
  if (!found.workers.empty())
    observed.decisions.note(now, "app_master",
                            "keep " + std::to_string(found.workers.size())
                              + " workers as they are",
                            "they ran when this app_master began");
}

bool has_orphans(const observed_app& observed) noexcept {
  return !observed.unknown.empty();
}

void watch_orphans(observed_app& observed,
                   const std::vector<node_report>& reports) {
  for (const auto& report : reports) {
    note_ready(observed, report);
    const auto* ended = std::visit(key_of_end{}, report);
    if (ended == nullptr)
      continue;
    auto found = observed.workers.find(ended->id);
    if (found != observed.workers.end() && found->second.key == *ended)
      observed.workers.erase(found);
  }
  std::erase_if(observed.unknown, [&](release_number release) {
    return std::ranges::none_of(observed.workers, [&](const auto& item) {
      return item.second.release == release;
    });
  });
}

std::string describe_orphans(const desired_app& desired,
                             const observed_app& observed) {
  auto count = std::ranges::count_if(observed.workers, [&](const auto& item) {
    return observed.unknown.contains(item.second.release);
  });
  return std::to_string(count)
         + " of its workers are orphans, of a release that its journal, which "
           "ends at release "
         + std::to_string(desired.newest.value)
         + ", does not know: the store is older than they are. They keep "
           "serving. Restore the store, or restart the daemon, which ends them "
           "and brings up what the journal says";
}

} // namespace serval
