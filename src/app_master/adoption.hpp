#pragma once

#include "app_master/desired_app.hpp"
#include "app_master/observed_app.hpp"

namespace serval {

// An app_master that starts in a live daemon finds the workers of the one
// before it. What the journal wants of them it keeps as they are, with their
// ids, incarnations and processes; the rest it lets go like any other worker
// that nobody wants. Those that the journal does not know are orphans
// (`orphans.hpp`).

/// Takes what a node has into `observed`, which knows nothing yet.
void adopt(const desired_app& desired, const app_inventory& found,
           const supervision_options& options, observed_app& observed,
           time_point now);

} // namespace serval
