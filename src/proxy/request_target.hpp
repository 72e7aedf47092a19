#pragma once

#include "proxy/request_head.hpp"

#include <optional>
#include <string_view>

namespace serval {

/// Whether `text` is a host with an optional port, as in a Host field.
bool is_authority(std::string_view text) noexcept;

/// Reads `head.target` and fills path and query. REQUIRES: method, target and
/// host are set. A path that servers or file systems could read in two ways is
/// refused, not repaired: what was checked is then what is used.
std::optional<refusal> parse_target(request_head& head);

} // namespace serval
