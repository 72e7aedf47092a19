#pragma once

#include <chrono>

namespace serval {

/// Spans of time inside the program.
using duration = std::chrono::nanoseconds;

/// Points on the monotonic clock. Cores are told the time as an argument and
/// never read a clock themselves.
using time_point
  = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// Points on the wall clock, for logs and records only, never for decisions.
using wall_time
  = std::chrono::time_point<std::chrono::system_clock, duration>;

} // namespace serval
