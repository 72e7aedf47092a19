#pragma once

#include "app_master/desired_app.hpp"
#include "app_master/observed_app.hpp"

#include <string>
#include <vector>

namespace serval {

// An app_master that starts in a live daemon finds the workers of the one
// before it. What the journal wants of them it keeps as they are, with their
// ids, incarnations and processes; the rest it lets go like any other worker
// that nobody wants.
//
// Workers of a release that the journal does not know are orphans: the store is
// older than they are, so that it says nothing about what they should be. While
// there are any, nothing of the application is started, stopped or published.

/// Takes what a node has into `observed`, which knows nothing yet.
void adopt(const desired_app& desired, const app_inventory& found,
           const supervision_options& options, observed_app& observed,
           time_point now);

bool has_orphans(const observed_app& observed) noexcept;

/// Follows what becomes of workers while there are orphans: those that are gone
/// are forgotten.
void watch_orphans(observed_app& observed,
                   const std::vector<node_report>& reports);

/// Which orphans there are, and what an operator can do about them.
std::string describe_orphans(const desired_app& desired,
                             const observed_app& observed);

} // namespace serval
