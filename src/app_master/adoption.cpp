#include "app_master/adoption.hpp"

#include "app_master/orphans.hpp"
#include "base/defect.hpp"

#include <algorithm>

namespace serval {

namespace {

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

} // namespace

void adopt(const desired_app& desired, const app_inventory& found,
           const supervision_options& options, observed_app& observed,
           time_point now) {
  observed.next_id.value
    = std::max(observed.next_id.value, found.highest_id.value + 1);
  for (const auto& worker : found.workers)
    observed.workers.add(slot_of(worker, options, now));
  if (!defect("act_on_amnesia"))
    review_orphans(desired, observed);
  if (found.table)
    adopt_table(found, options, observed, now);
  if (!found.workers.empty())
    observed.decisions.note(now, "app_master",
                            "keep " + std::to_string(found.workers.size())
                              + " workers as they are",
                            "they ran when this app_master began");
}

} // namespace serval
