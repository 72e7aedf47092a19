#pragma once

#include "model/status.hpp"

#include <string>
#include <vector>

namespace serval {

/// A table of a cluster's nodes.
std::string render_nodes(const std::vector<node_status>& nodes);

} // namespace serval
