#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// What one worker needs of its node.
struct worker_needs {
  double cpu = 0;
  std::uint64_t memory_bytes = 0;
  std::vector<std::string> labels;
  /// Workers of its backend on one node at most; 0 is unlimited.
  std::uint32_t per_node_max = 0;
};

/// A node as the planner sees it for one backend. Borrows, as there may be
/// thousands.
struct placement_candidate {
  std::string_view node;
  /// The number of its zone.
  std::uint32_t zone = 0;
  bool takes_workers = true;
  std::span<const std::string> labels;
  double cpu_free = 0;
  std::uint64_t memory_free_bytes = 0;
  /// Its workers: of this backend, and of all.
  std::uint32_t of_backend = 0;
  std::uint32_t in_all = 0;
};

/// Chooses the node for one more worker of a backend: of those where it fits,
/// in the zone with the fewest of its kind, there on the node with the fewest,
/// then with the fewest of all; of equal ones the first. Error `unavailable`:
/// why it fits nowhere.
result<std::string>
place_worker(std::span<const placement_candidate> candidates,
             const worker_needs& needs);

/// One worker of a backend that should move for an even spread.
struct placement_move {
  std::string from;
  std::string to;
};

/// The next move that evens out a backend's workers; nothing to move if no two
/// nodes, and no two zones, differ by more than one. Each move lessens the
/// difference, so that repeated ones come to an end.
std::optional<placement_move>
rebalance(std::span<const placement_candidate> candidates,
          const worker_needs& needs);

} // namespace serval
