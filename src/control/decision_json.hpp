#pragma once

#include "base/result.hpp"
#include "model/decision.hpp"

#include <boost/json/fwd.hpp>

#include <string_view>
#include <vector>

namespace serval {

/// `{"decisions": […]}`, oldest first.
boost::json::object to_json(const std::vector<decision>& decisions);

/// Reads what `to_json` wrote, on the side of a client. Unknown members are
/// ignored, so that a newer server is understood.
result<std::vector<decision>> parse_decisions_json(std::string_view text);

} // namespace serval
