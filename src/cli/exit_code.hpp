#pragma once

#include "base/errc.hpp"

namespace serval {

/// What scripts can trust; `serval --help` lists it.
enum exit_code : int {
  exit_ok = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_unreachable = 3,
};

/// The client side says `link_lost` of a daemon that does not answer, and of
/// nothing else.
inline constexpr errc daemon_unreachable = errc::link_lost;

} // namespace serval
