#pragma once

#include "base/result.hpp"
#include "model/status.hpp"

#include <boost/json/fwd.hpp>

#include <string_view>
#include <vector>

namespace serval {

/// `{"nodes": […]}`, by name.
boost::json::object to_json(const std::vector<node_status>& nodes);

/// Reads what `to_json` wrote, on the side of a client. Unknown members are
/// ignored, so that a newer server is understood.
result<std::vector<node_status>> parse_nodes_json(std::string_view text);

} // namespace serval
