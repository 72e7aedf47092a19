#pragma once

#include "app_master/desired_app.hpp"
#include "app_master/worker_life.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval {

// What is failing is neither in the journal nor seen by looking at what runs: a
// worker that waits before it starts again is nowhere. So an app_master leaves
// it for the one that takes its place in the same daemon: that must not start
// at full speed what crashes in a loop, nor take a release for good that is
// still on trial. So are the decisions that it made, by which people find out
// why. A daemon that starts anew has no use for any of it.

/// What an app_master leaves for the next one.
struct handover {
  /// Workers that have failed and were not stable since.
  std::vector<worker_slot> failing;
  std::map<backend_key, backend_life> backends;
  std::optional<bring_up> coming;
  std::optional<trial> on_trial;
  std::optional<returned_release> taken_back;
  std::map<release_number, std::vector<std::string>> warnings;
  decision_log decisions;
  friend bool operator==(const handover&, const handover&) = default;
};

/// Where it lies. One app_master has it at a time.
struct handover_place {
  std::shared_ptr<const handover> last;
};

handover make_handover(const observed_app& observed);

/// Has the next one know that the one before it failed, and what follows.
void note_failure(handover_place& place, time_point now,
                  const std::string& why, std::string what_next);

/// Goes on with what still concerns `desired`, right after the workers were
/// adopted. Workers whose end nobody was there to hear of have failed.
void take_over(const handover& before, const desired_app& desired, turn& now);

} // namespace serval
