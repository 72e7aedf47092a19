#pragma once

#include "store/store.hpp"

#include <string>

namespace serval {

/// A journal's changes as a table, oldest first, and how many a snapshot has
/// dropped.
std::string render_history(const journal& history);

/// What a change does, in words.
std::string describe(const change_kind& what);

} // namespace serval
