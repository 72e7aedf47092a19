#pragma once

#include "simulation/event_loop.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace serval::simulation {

/// How many there are of what in a wide scene.
struct wide_size {
  std::uint32_t nodes = 5000;
  double cpu_per_node = 12;
  std::uint32_t applications = 60;
  std::uint32_t workers_each = 1000;
  double cpu_per_worker = 0.9;
};

struct wide_outcome {
  /// What was not as it should be.
  std::optional<std::string> broken;
  std::uint64_t placed = 0;
  std::uint64_t moved = 0;
  std::uint64_t stopped = 0;
};

/// Lets one fleet place workers on thousands of nodes, of which one in twenty
/// fails and one in a hundred comes back with what it had, empties one in
/// fifty, and hands all over to another leader. Nodes and app_masters are only
/// as much as that takes.
wide_outcome live_wide(std::uint64_t seed, const wide_size& size = {});

} // namespace serval::simulation
