#pragma once

#include "app_master/desired_app.hpp"
#include "app_master/worker_life.hpp"

namespace serval {

/// Looks at the journal and the workers, and moves the states of the backends
/// and of the application through their tables. The last thing in a turn.
void assess(const desired_app& desired, turn& now);

/// How long a release may be brought up without getting any further.
duration bring_up_patience(const supervision_options& options,
                           const release_record& release);

} // namespace serval
