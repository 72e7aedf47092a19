#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bank_monitor {

/// Seconds since 1970-01-01 UTC of `YYYY-MM-DD HH:MM:SS` or
/// `YYYY-MM-DDTHH:MM:SSZ`, both UTC; nothing for any other text or a date that
/// does not exist.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

} // namespace bank_monitor
