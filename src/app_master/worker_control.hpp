#pragma once

#include "model/app_table.hpp"
#include "model/worker_state.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace serval {

/// One start of a worker. A slot that starts again keeps its id and gets the
/// next incarnation, so that late news of the one before are not mistaken.
struct worker_key {
  worker_id id;
  std::uint32_t incarnation = 0;
  friend auto operator<=>(const worker_key&, const worker_key&) = default;
};

/// The order to start a worker.
struct worker_order {
  std::string app;
  release_number release;
  std::shared_ptr<const app_spec> spec;
  std::string backend;
  worker_key key;
  /// Starts of this slot that failed in a row before this one.
  std::uint32_t failures = 0;
};

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

/// What an app_master can ask of a node. Implemented by the node. Calls come
/// from any thread, return at once and are obeyed in order; all that follows
/// from them is reported. A repeated order is no error.
class worker_control {
public:
  using inventory_handler = std::function<void(app_inventory)>;
  using report_handler = std::function<void(node_report)>;

  virtual ~worker_control() = default;

  /// Tells `on_inventory` what there is of `app`, and from that moment on
  /// `on_report` what happens, on any thread. It takes the place of the last
  /// call for the same application.
  virtual void connect(std::string app, inventory_handler on_inventory,
                       report_handler on_report)
    = 0;

  /// Ends the reports about `app`; its workers serve on.
  virtual void disconnect(std::string app) = 0;

  /// Tries a release's plugin: load, handshake, construct each backend. Always
  /// ends in `release_probed`.
  virtual void probe(std::string app, release_number release,
                     std::shared_ptr<const app_spec> spec)
    = 0;

  /// Starts a worker. Ends in `worker_ready` or `worker_failed`; before that,
  /// it may be delayed and then begun.
  virtual void start(worker_order order) = 0;

  /// Stops a worker; with `drain` once the calls it has are done. Ends in
  /// `worker_stopped`, also if there is no such worker.
  virtual void stop(std::string app, worker_key key, bool drain) = 0;

  /// Gives all loops a table. Ends in `table_acked`.
  virtual void publish(std::shared_ptr<const app_table> table) = 0;
};

} // namespace serval
