#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <chrono>

namespace serval {

// Clocks differ between machines, so a deadline crosses as the time that
// remains.

/// The longest time that a deadline may lie ahead; beyond, adding it to a clock
/// could overflow.
inline constexpr duration remaining_max = std::chrono::hours{24 * 365};

/// What is left until `deadline`; zero or less once it has passed.
inline duration remaining_until(time_point now, time_point deadline) noexcept {
  return std::min<duration>(deadline - now, remaining_max);
}

/// The deadline for a received remaining time. Any value is safe; what has
/// passed or is negative counts as passed now.
inline time_point deadline_after(time_point now, duration remaining) noexcept {
  return now + std::clamp(remaining, duration::zero(), remaining_max);
}

} // namespace serval
