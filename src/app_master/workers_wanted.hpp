#pragma once

#include "app_master/desired_app.hpp"
#include "app_master/worker_life.hpp"

namespace serval {

/// Adds the workers that are missing and marks those that nobody wants: of
/// releases that are neither serving nor coming, and beyond the number that a
/// backend should have.
void want_workers(const desired_app& desired, turn& now);

} // namespace serval
