#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace serval {

/// What `serval scale` is asked for.
struct scale_target {
  std::string backend;
  std::uint32_t workers = 0;
};

/// Reads "bank=64".
result<scale_target> parse_scale_target(std::string_view text);

} // namespace serval
