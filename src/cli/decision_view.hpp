#pragma once

#include "model/decision.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace serval {

/// The last of an app_master's decisions as a table, the newest last.
std::string render_decisions(const std::vector<decision>& decisions,
                             std::size_t last);

} // namespace serval
