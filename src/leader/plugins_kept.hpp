#pragma once

#include "store/store.hpp"

#include <set>
#include <string>

namespace serval {

/// The SHA-256 of the plugins of all releases that the store keeps: those that
/// serve, that are being brought up, and that can be gone back to. Blocks.
/// Error if any journal, or a release's spec, cannot be read.
result<std::set<std::string>> plugins_kept(store& from);

} // namespace serval
