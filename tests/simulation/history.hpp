#pragma once

#include "simulation/promises/watcher.hpp"

#include <cstdint>
#include <optional>

namespace serval::simulation {

/// What became of one world.
struct history {
  std::uint64_t seed = 0;
  std::optional<violation> broken;
  std::uint64_t events = 0;
  /// How much time passed in the world.
  duration lived{};
  std::uint64_t trace = 0;
};

} // namespace serval::simulation
