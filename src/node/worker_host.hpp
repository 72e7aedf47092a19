#pragma once

#include "app_master/command_fence.hpp"
#include "app_master/worker_control.hpp"
#include "backend/process_pool.hpp"
#include "backend/shared_plugin.hpp"
#include "backend/spawner.hpp"
#include "config/node_config.hpp"
#include "dispatcher/dispatcher_actor.hpp"
#include "loop/blocking_pool.hpp"
#include "loop/loop.hpp"
#include "model/node_facts.hpp"
#include "node/backend_metrics.hpp"
#include "node/node_log.hpp"
#include "node/start_gate.hpp"
#include "peer/peer_net.hpp"
#include "proxy/routing_table.hpp"
#include "trigger/trigger_actor.hpp"
#include "worker/worker_actor.hpp"

#include <caf/fwd.hpp>
#include <prometheus/counter.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// What a worker host works with; all of it outlives the host.
struct worker_host_setup {
  caf::actor_system& system;
  const std::vector<std::unique_ptr<loop>>& loops;
  serval::spawner& spawner;
  worker_section workers;
  /// Where the plugin of that SHA-256 is.
  std::function<std::string(const std::string& sha256)> artifact_path;
  /// Tries out a plugin; answers its warnings. Any thread, either way.
  std::function<void(std::shared_ptr<const app_spec>,
                     std::function<void(result<std::vector<std::string>>)>)>
    probe;
  /// Gives a loop its routes; called on that loop.
  std::function<void(std::size_t loop, std::vector<route>)> use_routes;
  /// Null for a node that serves alone.
  peer_net* peers = nullptr;
  node_log& log;
  backend_metrics& metrics;
  const memory_gauge& memory;
  /// Counts the orders of leaders that lead no more.
  prometheus::Counter& stale_commands;
};

/// Obeys the app_masters on this node: keeps the triggers, dispatchers and
/// workers of all applications. Its state belongs to the first loop, on which
/// also the reports are made; orders are taken there from any thread.
class worker_host final : public worker_control {
public:
  explicit worker_host(worker_host_setup setup);

  ~worker_host() override;

  void list(serval::epoch under, names_handler on_names) override;
  void connect(serval::epoch under, std::string app,
               inventory_handler on_inventory,
               report_handler on_report) override;
  void disconnect(serval::epoch under, std::string app) override;
  void probe(serval::epoch under, std::string app, release_number release,
             std::shared_ptr<const app_spec> spec) override;
  void start(serval::epoch under, worker_order order) override;
  void stop(serval::epoch under, std::string app, worker_key key,
            bool drain) override;
  void publish(serval::epoch under,
               std::shared_ptr<const app_table> table) override;

  /// An order of a leader that leads no more was refused before it came here.
  void count_stale_order() {
    setup_.stale_commands.Increment();
  }

  /// The plugins of all that runs here, or is to. Blocks until the control loop
  /// has said so; nothing if that takes too long. Not from a loop.
  std::optional<std::set<std::string>> plugins_in_use();

  /// Which nodes have workers of each of the application's releases, from now
  /// on. Before the table that needs it. Any thread.
  void use_hosts(std::string app, std::vector<release_hosts> hosts);

  /// What there is of each application, and the epoch that leads. Not on a
  /// loop.
  struct stock {
    serval::epoch epoch;
    std::map<std::string, app_inventory> apps;
  };
  stock take_stock() const;

  /// Ends all workers, after `drain` with what they have in hand, and then
  /// calls `done` on the first loop. Orders that come later are ignored.
  void shut_down(duration drain, std::function<void()> done);

private:
  /// What one release needs on this node.
  struct release_host {
    std::shared_ptr<const app_spec> spec;
    /// One for each loop.
    std::vector<local_dispatcher> dispatchers;
    /// Behind the dispatchers, for those of other nodes.
    std::vector<local_gateway> gateways;
    std::shared_ptr<queue_board> board;
    std::shared_ptr<shared_plugin> plugin;
    std::shared_ptr<poison_table> poison = std::make_shared<poison_table>();
    /// By backend and loop; each is touched on its loop only.
    std::map<std::string, std::vector<std::shared_ptr<process_pool>>> pools;
    /// For spreading workers over the loops, by backend.
    std::map<std::string, std::size_t> started;
    std::size_t workers = 0;
    bool in_table = false;
    /// Requests of this process were pinned to it.
    bool served = false;
    /// No request in progress is pinned to it any more.
    bool idle = false;
  };

  /// A worker whose turn to start has not come.
  struct waiting_start {
    worker_order order;
    bool told = false; ///< Its app_master knows that it waits.
  };

  /// Lets workers that crash again and again in, one by one.
  struct gate_timer final : timer {
    worker_host* owner = nullptr;
    void on_timer(time_point) override {
      owner->run_starts();
    }
  };

  struct worker_entry {
    worker_key key;
    release_number release;
    std::string backend;
    caf::actor actor;
    worker_state state = worker_state::starting;
    std::int64_t pid = 0;
    /// The operator was told that it takes too much memory.
    bool outgrown = false;
    /// The operator was told that its health checks fail.
    bool unhealthy = false;
  };

  /// What one application has on this node.
  struct app_host {
    report_handler report;
    std::map<release_number, release_host> releases;
    /// The other nodes that have workers of each release.
    std::map<release_number, std::vector<peer_node>> peers;
    std::map<worker_id, worker_entry> workers;
    std::map<worker_id, waiting_start> waiting;
    std::shared_ptr<admission> places;
    std::vector<local_trigger> triggers;
    /// Where instances of inline backends are made. The application's own: a
    /// constructor that does not return must not keep others from theirs.
    std::unique_ptr<blocking_pool> loaders;
    std::shared_ptr<const app_table> table;
    /// The highest version that all loops have.
    std::uint64_t acked = 0;
    /// The highest id that a worker had.
    worker_id highest_id;
    /// No loop has a route to the triggers any more.
    bool unrouted = false;
  };

  void on_control_loop(std::function<void()> what);
  /// The same for an order, if the one who gives it still leads.
  void obey(serval::epoch under, std::string_view order,
            std::function<void()> what);
  void report(const std::string& app, node_report what);

  void obey_probe(const std::string& app, release_number release,
                  const std::shared_ptr<const app_spec>& spec);
  void obey_start(worker_order order);
  void run_starts();
  void start_now(const worker_order& order);
  void end_start(const std::string& app, worker_key key);
  void obey_stop(const std::string& app, worker_key key, bool drain);
  void obey_publish(std::shared_ptr<const app_table> table);

  static app_inventory take_stock(const app_host& app);
  release_host& open_release(app_host& app, const std::string& name,
                             release_number number,
                             const std::shared_ptr<const app_spec>& spec);
  void use_peers(const app_host& app, const std::string& name,
                 release_number number, const release_host& release);
  worker_setup set_up_worker(app_host& app, release_host& release,
                             const worker_order& order, loop& home);
  duration start_timeout_of(const backend_spec& spec) const;
  std::unique_ptr<worker_body> make_body(const worker_order& order, loop& home,
                                         std::shared_ptr<process_pool> pool,
                                         std::shared_ptr<shared_plugin> plugin,
                                         blocking_pool* loaders,
                                         worker_body_events& events);
  void worker_is_ready(const std::string& app, worker_key key,
                       std::int64_t pid);
  void worker_outgrew(const std::string& app, worker_key key,
                      std::uint64_t resident_bytes, std::uint64_t limit_bytes);
  void worker_unwell(const std::string& app, worker_key key,
                     const health_watch::verdict& how);
  void worker_over(const std::string& app, worker_key key, bool stopped,
                   bool was_ready, const error& why);

  void serve(app_host& app, release_number previous);
  void release_is_idle(const std::string& app, release_number number);
  void close_idle_releases(const std::string& name, app_host& app);
  static void end_triggers_if_over(app_host& app);
  void use_routes(std::function<void()> done);
  std::vector<route> routes_of(std::size_t loop) const;
  void finish_shut_down();

  worker_host_setup setup_;
  command_fence fence_;
  std::map<std::string, app_host> apps_;
  start_gate gate_;
  gate_timer gate_timer_;
  bool shutting_down_ = false;
  std::function<void()> on_shut_down_;
};

} // namespace serval
