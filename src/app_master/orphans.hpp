#pragma once

#include "app_master/commands.hpp"
#include "app_master/observed_app.hpp"

#include <set>
#include <string>
#include <vector>

namespace serval {

// Workers of a release that the journal does not know are orphans: the store is
// older than they are, so that it says nothing about what they should be. While
// there are any, nothing of the application is started, stopped or published,
// and an operator decides.

bool has_orphans(const observed_app& observed) noexcept;

/// Follows what becomes of workers while there are orphans: those that are gone
/// are forgotten.
void watch_orphans(observed_app& observed,
                   const std::vector<node_report>& reports);

/// Looks who is an orphan, at first and after changes of the journal.
void review_orphans(const desired_app& desired, observed_app& observed);

/// Routes that requests to orphans take.
void add_orphan_routes(const observed_app& observed,
                       std::set<std::string>& routes);

/// Which orphans there are, and what an operator can do about them.
std::string describe_orphans(std::string_view app, const desired_app& desired,
                             const observed_app& observed);

/// What a command changes in the journal of an application with orphans: only
/// deciding about them is possible. Adopted ones stay as they are: the release
/// that served goes on to serve, one that was coming is brought up, with as
/// many workers as they are, or more if their spec says so. Discarded ones
/// leave like a release that another took over from. Where the journal calls
/// another release by their number they cannot be adopted, and when they are
/// discarded that release goes on under a new number.
result<std::vector<app_change>>
decide_orphans(const desired_app& desired, const observed_app& observed,
               std::string_view app, const app_command& command);

} // namespace serval
