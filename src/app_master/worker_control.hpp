#pragma once

#include "model/app_inventory.hpp"
#include "model/node_report.hpp"
#include "model/worker_order.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace serval {

/// What an app_master can ask of a node. Implemented by the node. Calls come
/// from any thread, return at once and are obeyed in order; all that follows
/// from them is reported. A repeated order is no error.
///
/// Each is given under the epoch of the leader that gives it. What comes under
/// a lower one than the node has obeyed before is refused and not answered, see
/// `command_fence`: whoever gave it leads no more.
class worker_control {
public:
  using inventory_handler = std::function<void(app_inventory)>;
  using report_handler = std::function<void(node_report)>;
  using names_handler = std::function<void(std::vector<std::string>)>;

  virtual ~worker_control() = default;

  /// Whoever leads under that epoch gives its first orders next.
  virtual void begin_term(serval::epoch) {
    // nop
  }

  /// It gives none any more.
  virtual void end_term(serval::epoch) {
    // nop
  }

  /// Tells, on any thread, which applications have workers: the store of a
  /// leader that begins may know nothing of them.
  virtual void list(serval::epoch under, names_handler on_names) = 0;

  /// Tells `on_inventory` what there is of `app`, and from that moment on
  /// `on_report` what happens, on any thread. It takes the place of the last
  /// call for the same application.
  virtual void connect(serval::epoch under, std::string app,
                       inventory_handler on_inventory,
                       report_handler on_report)
    = 0;

  /// Ends the reports about `app`, unless they go to a later leader by now; its
  /// workers serve on.
  virtual void disconnect(serval::epoch under, std::string app) = 0;

  /// Tries a release's plugin: load, handshake, construct each backend. Always
  /// ends in `release_probed`.
  virtual void probe(serval::epoch under, std::string app,
                     release_number release,
                     std::shared_ptr<const app_spec> spec)
    = 0;

  /// Starts a worker. Ends in `worker_ready` or `worker_failed`; before that,
  /// it may be delayed and then begun.
  virtual void start(serval::epoch under, worker_order order) = 0;

  /// Stops a worker; with `drain` once the calls it has are done. Ends in
  /// `worker_stopped`, also if there is no such worker.
  virtual void stop(serval::epoch under, std::string app, worker_key key,
                    bool drain)
    = 0;

  /// Gives all loops a table. Ends in `table_acked`.
  virtual void publish(serval::epoch under,
                       std::shared_ptr<const app_table> table)
    = 0;
};

} // namespace serval
