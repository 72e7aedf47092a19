#pragma once

#include "leader/catalog.hpp"
#include "leader/leadership.hpp"
#include "leader/master_restarts.hpp"
#include "simulation/cluster/cluster_master.hpp"
#include "simulation/cluster/virtual_control.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval::simulation {

/// What a daemon's leader and term actors do: keep the lease if they can, and
/// while they have it an app_master for each application.
class virtual_leader {
public:
  virtual_leader(daemon_place at, virtual_control& control);

  void start() {
    run(core_.on_timer(at_.now()));
  }

  void order(const std::string& app, app_command command,
             cluster_master::reply_handler on_reply);

  const leadership& core() const noexcept {
    return core_;
  }

  bool leads() const {
    return core_.view().role == leader_role::leading
           && core_.leads(core_.term(), at_.now());
  }

  const std::map<std::string, std::unique_ptr<cluster_master>>&
  masters() const noexcept {
    return masters_;
  }

private:
  void run(const std::vector<leadership_effect>& effects);
  void obey(const ask_for_lease& what);
  void obey(const begin_term& what);
  void obey(const end_term& what);
  void begin_masters(serval::epoch term,
                     const result<std::vector<std::string>>& names);
  void spawn_master(const std::string& app);
  void restart(const std::string& app);

  daemon_place at_;
  virtual_control& control_;
  leadership core_;
  std::uint64_t timer_generation_ = 0;
  /// Zero while this node follows.
  serval::epoch term_;
  catalog catalog_;
  std::optional<master_restarts> restarts_;
  std::map<std::string, std::shared_ptr<handover_place>> left_;
  std::map<std::string, std::unique_ptr<cluster_master>> masters_;
  /// What they have begun may still come back to them.
  std::vector<std::unique_ptr<cluster_master>> ended_;
};

} // namespace serval::simulation
