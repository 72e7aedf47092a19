#pragma once

#include "app_master/desired_app.hpp"
#include "app_master/worker_life.hpp"

#include <optional>

namespace serval {

/// Orders what brings the observed application closer to the desired one:
/// starts and stops workers, publishes the table. Call it after everything that
/// happened; when nothing is left to do it orders nothing.
void reconcile(const desired_app& desired, turn& now);

/// How the release that is being brought up ended: promoted or failed. Empty
/// while that is open or already being recorded.
std::optional<change_kind> outcome_of_target(const desired_app& desired,
                                             observed_app& observed,
                                             const supervision_options& options,
                                             time_point now);

/// When `reconcile` has to be called again if nothing happens before; `never`
/// if only events matter.
time_point next_wake_up(const observed_app& observed);

/// How many workers of a backend of one release serve.
std::uint32_t count_serving(const observed_app& observed,
                            release_number release,
                            const std::string& backend);

} // namespace serval
