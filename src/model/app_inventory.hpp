#pragma once

#include "model/app_table.hpp"
#include "model/worker_order.hpp"
#include "model/worker_state.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace serval {

/// A worker that a node has, started for whoever was there before.
struct found_worker {
  worker_key key;
  release_number release;
  std::shared_ptr<const app_spec> spec;
  std::string backend;
  /// As the node knows it: `queued`, `starting` or `ready`; `draining` or
  /// `stopping` if it was told to.
  worker_state state = worker_state::starting;
  std::int64_t pid = 0; ///< 0 when inline or not ready.
};

/// All that a node has of one application; nothing when its daemon has just
/// started.
struct app_inventory {
  std::vector<found_worker> workers;
  /// The last table that was published; null if none was.
  std::shared_ptr<const app_table> table;
  /// The highest version that all loops have.
  std::uint64_t acked = 0;
  /// Releases that no request in progress is pinned to any more.
  std::vector<release_number> idle;
  /// The highest id that a worker here ever had.
  worker_id highest_id;
};

} // namespace serval
