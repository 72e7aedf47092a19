#pragma once

#include "base/result.hpp"
#include "store/store.hpp"
#include "store/store_summary.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>

namespace serval {

/// An application's changes as the control API tells them. A release's spec,
/// which may hold what not everybody should read, is left out unless
/// `with_spec` says otherwise.
boost::json::object to_json(const std::string& app, const journal& history,
                            bool with_spec = false);

/// Reads what `to_json` wrote, on the side of a client. Changes of a kind that
/// this program does not know are an error.
result<journal> parse_history_json(std::string_view text);

/// What there is to say of a store that is whole.
boost::json::object to_json(const store_summary& summary);

/// Reads that, on the side of a client.
result<store_summary> parse_summary_json(std::string_view text);

/// A point in time as "2026-11-26T13:50:18.123Z".
std::string to_rfc3339(wall_time at);

} // namespace serval
