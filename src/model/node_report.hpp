#pragma once

#include "model/worker_order.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace serval {

/// The worker is not started yet, as others come first.
struct worker_delayed {
  worker_key key;
  std::string reason;
};

/// The worker that was delayed is being started now.
struct worker_begun {
  worker_key key;
};

/// The worker can serve.
struct worker_ready {
  worker_key key;
  std::int64_t pid = 0; ///< 0 when inline.
};

/// The worker could not start and nothing of it is left.
struct worker_failed {
  worker_key key;
  std::string reason;
};

/// The worker is gone without having been asked to.
struct worker_died {
  worker_key key;
  std::string reason;
};

/// The worker is gone after having been asked to.
struct worker_stopped {
  worker_key key;
};

/// The worker is there, but its health checks fail. Told again as long as they
/// do.
struct worker_unhealthy {
  worker_key key;
  std::string reason;
  bool hangs = false; ///< They do not even return.
};

/// The worker's process takes more memory than its backend may have. Told again
/// from time to time while that is so.
struct worker_outgrown {
  worker_key key;
  std::string reason;
};

/// All loops use this version of the application's table or a later one.
struct table_acked {
  std::uint64_t version = 0;
};

/// After a table that no longer serves `release`: no request that is pinned to
/// it is in progress any more.
struct release_idle {
  release_number release;
};

/// The release's plugin was tried out in a process of its own.
struct release_probed {
  release_number release;
  bool fine = false;
  std::string reason; ///< Why not.
  std::vector<std::string> warnings;
};

/// What a node tells an app_master.
using node_report
  = std::variant<worker_delayed, worker_begun, worker_ready, worker_failed,
                 worker_died, worker_stopped, worker_unhealthy, worker_outgrown,
                 table_acked, release_idle, release_probed>;

} // namespace serval
