#pragma once

#include "backend/packing.hpp"
#include "backend/process_body.hpp"

#include <memory>
#include <vector>

namespace serval {

/// Spreads the workers of one backend and one loop over worker processes. On
/// that loop only.
class process_pool {
public:
  /// `workers_per_process` is the operator's wish (0: Serval chooses);
  /// `processes_max` this loop's share of the node's limit. `home` and `from`
  /// outlive the pool and all its bodies.
  process_pool(loop& home, spawner& from, process_options options,
               std::uint32_t workers_per_process,
               std::uint32_t processes_max = processes_default_max);

  /// Starts a worker, in a new process or beside others. `workers` is how many
  /// this loop is to have at least.
  std::unique_ptr<process_body> start_worker(body_order order,
                                             std::uint32_t workers,
                                             worker_body_events& events);

private:
  loop& home_;
  spawner& spawner_;
  process_options options_;
  std::uint32_t workers_per_process_;
  std::uint32_t processes_max_;
  std::vector<std::weak_ptr<worker_process>> processes_;
};

} // namespace serval
