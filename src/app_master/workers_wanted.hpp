#pragma once

#include "app_master/desired_app.hpp"
#include "app_master/worker_life.hpp"

namespace serval {

/// Marks the workers of releases that are neither serving nor coming, and that
/// no request needs.
void dismiss_workers(const desired_app& desired, turn& now);

/// Adds the workers that are missing, and marks those beyond the number that a
/// backend should have.
void want_workers(const desired_app& desired, turn& now);

} // namespace serval
