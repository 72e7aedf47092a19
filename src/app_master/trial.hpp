#pragma once

#include "app_master/desired_app.hpp"
#include "app_master/worker_life.hpp"

#include <vector>

namespace serval {

// A release that has just taken over an application is on trial: one whose
// workers keep dying is taken back. A release that was there before this
// app_master is not: it served well at some time.

/// A release takes over from `before`. If it is an older one, as when orphans
/// were discarded, it has been tried.
void begin_trial(turn& now, release_number before, release_number after);

/// Notes the death of a ready worker.
void count_death(turn& now, const worker_slot& worker);

/// What to record so that the release that served before serves again, as a
/// new release; empty if the serving one does well enough, or none served
/// before. Once per release.
std::vector<app_change> take_back(const desired_app& desired,
                                  observed_app& observed,
                                  const supervision_options& options,
                                  time_point now);

} // namespace serval
