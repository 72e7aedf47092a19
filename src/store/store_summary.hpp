#pragma once

#include "model/ids.hpp"

#include <cstdint>

namespace serval {

/// What there is to say of a store that is whole.
struct store_summary {
  std::uint64_t applications = 0;
  /// All changes ever written, and how many of them are still there.
  std::uint64_t changes = 0;
  std::uint64_t entries = 0;
  /// The last batch, and the last one that is known to be acknowledged.
  std::uint64_t batch = 0;
  std::uint64_t acknowledged = 0;
  serval::epoch epoch;
};

} // namespace serval
