#pragma once

#include "base/result.hpp"
#include "leader/leadership_view.hpp"

#include <boost/json/fwd.hpp>

#include <string_view>

namespace serval {

/// What a node is to the control plane, as the control API tells it.
boost::json::object to_json(const leadership_view& view);

/// Reads it out of what `/v1/node` answers, on the side of a client.
result<leadership_view> parse_leadership_json(std::string_view node);

} // namespace serval
