#pragma once

#include "base/result.hpp"
#include "model/status.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// An application's status as the control API tells it.
boost::json::object to_json(const app_status& status);

/// Reads what `to_json` wrote, on the side of a client. Unknown members are
/// ignored, so that a newer server is understood.
result<app_status> parse_status_json(std::string_view text);

/// Reads `{"applications": […]}`.
result<std::vector<app_status>> parse_status_list_json(std::string_view text);

} // namespace serval
