#pragma once

#include "simulation/virtual_trigger.hpp"
#include "simulation/virtual_worker.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace serval::simulation {

/// What a daemon's worker host does: keeps the workers, dispatchers and
/// triggers of all applications as their app_masters order.
class node {
public:
  using inventory_handler = worker_control::inventory_handler;
  using report_handler = worker_control::report_handler;

  node(scene& in, process& daemon);
  ~node();

  // -- orders -----------------------------------------------------------------

  void connect(const std::string& app, inventory_handler on_inventory,
               report_handler on_report);
  void disconnect(const std::string& app);
  void probe(const std::string& app, release_number release,
             std::shared_ptr<const app_spec> spec);
  void start(worker_order order);
  void stop(const std::string& app, worker_key key, bool drain);
  void publish(std::shared_ptr<const app_table> table);

  // -- requests ---------------------------------------------------------------

  void request(std::size_t loop, const std::string& app, const std::string& id,
               external_request what, virtual_trigger::reply_handler on_reply);
  void cancel(std::size_t loop, const std::string& app, const std::string& id);

  // -- faults -----------------------------------------------------------------

  /// Any worker, or null if there is none.
  std::shared_ptr<virtual_worker> any_worker();

  /// A worker takes too much memory, and says so until it is gone.
  void outgrow(std::shared_ptr<virtual_worker> worker);

  /// A worker fails its health checks.
  void fall_ill(std::shared_ptr<virtual_worker> worker);

  // ---------------------------------------------------------------------------

  /// No request is in progress and no call at a worker.
  bool idle() const;

  std::size_t loop_count() const noexcept {
    return loops_.count();
  }

private:
  struct release_host {
    std::shared_ptr<const app_spec> spec;
    std::vector<std::unique_ptr<virtual_dispatcher>> dispatchers;
    std::unique_ptr<queue_board> board;
    std::shared_ptr<poison_table> poison = std::make_shared<poison_table>();
    std::map<std::string, std::size_t> started;
    bool idle = false;
  };

  struct worker_entry {
    std::shared_ptr<virtual_worker> worker;
    worker_state state = worker_state::starting;
  };

  struct app_host {
    report_handler report;
    std::map<release_number, release_host> releases;
    std::map<worker_id, worker_entry> workers;
    std::shared_ptr<admission> places;
    std::vector<std::unique_ptr<virtual_trigger>> triggers;
    std::shared_ptr<const app_table> table;
    std::uint64_t acked = 0;
    worker_id highest_id;
  };

  app_inventory take_stock(const std::string& name);
  bool has(const std::shared_ptr<virtual_worker>& worker);
  void worker_ready_now(const std::string& app, worker_key key);
  void report(const std::string& app, node_report what);
  void obey_start(const worker_order& order);
  void obey_stop(const std::string& app, worker_key key, bool drain);
  void obey_publish(std::shared_ptr<const app_table> table);
  void serve(app_host& app, release_number previous);
  void worker_over(const std::string& app, worker_key key, bool stopped,
                   bool was_ready);
  release_host& open_release(app_host& app, const std::string& name,
                             release_number number,
                             const std::shared_ptr<const app_spec>& spec);

  scene& in_;
  process& daemon_;
  loops loops_;
  /// Orders come from other threads; reports go where the orders come from.
  channel orders_;
  channel reports_;
  std::map<std::string, app_host> apps_;
  /// Messages may still be on their way to those that have ended.
  std::vector<std::shared_ptr<virtual_worker>> ended_;
};

} // namespace serval::simulation
