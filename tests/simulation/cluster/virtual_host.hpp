#pragma once

#include "app_master/command_fence.hpp"
#include "app_master/worker_control.hpp"
#include "simulation/cluster/cluster_scene.hpp"
#include "simulation/process.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace serval::simulation {

/// What a daemon's worker_host does, as far as a cluster's leader sees it:
/// keeps workers and tables as it is told, by nobody who leads no more.
class virtual_host final : public worker_control {
public:
  virtual_host(cluster_scene& in, process& daemon, std::string node);

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

  /// Whose orders come next; empty if they are kept ones.
  void set_leader(std::string leader) {
    leader_ = std::move(leader);
  }

  const std::string& leader() const noexcept {
    return leader_;
  }

  /// A worker ends by itself.
  void crash_any();

  /// The table that it has, or null.
  std::shared_ptr<const app_table> table_of(const std::string& app) const;

private:
  struct worker_entry {
    worker_order order;
    worker_state state = worker_state::starting;
  };

  struct app_host {
    report_handler report;
    std::map<worker_id, worker_entry> workers;
    std::shared_ptr<const app_table> table;
    std::uint64_t acked = 0;
    std::vector<release_number> idle;
    worker_id highest_id;
  };

  /// Carries out what may be obeyed, on the control loop.
  void obey(serval::epoch under,
            std::function<void(const node_command&)> what);
  void obey_start(const node_command& from, const worker_order& order);
  void obey_stop(const std::string& app, worker_key key, bool drain);
  void obey_publish(const std::shared_ptr<const app_table>& table);
  app_inventory take_stock(const app_host& app) const;
  worker_entry* find(const std::string& app, worker_key key);
  void end(const std::string& app, worker_key key, node_report why);
  void report(const std::string& app, node_report what);

  cluster_scene& in_;
  process& daemon_;
  std::string node_;
  std::string leader_;
  command_fence fence_;
  /// Orders and reports cross threads.
  channel orders_;
  channel reports_;
  std::map<std::string, app_host> apps_;
};

} // namespace serval::simulation
