#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace serval {

/// Reads "200ms", "1.5s", "2h": a decimal number directly followed by ns, us,
/// ms, s, m or h. Negative spans and those beyond 100 years are errors, and so
/// is a number without a unit.
result<duration> parse_duration(std::string_view text);

/// The shortest exact text that `parse_duration` reads back.
std::string format_duration(duration span);

/// Reads "256KiB": a whole number directly followed by B, KiB, MiB or GiB.
result<std::uint64_t> parse_size(std::string_view text);

/// The shortest exact text that `parse_size` reads back.
std::string format_size(std::uint64_t bytes);

} // namespace serval
