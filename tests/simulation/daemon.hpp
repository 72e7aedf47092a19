#pragma once

#include "simulation/master.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval::simulation {

/// One life of the daemon: its store, the leader with its app_masters, and the
/// node. Workers end with it.
class daemon {
public:
  /// `on_power_cut` is called when the machine loses power within a write.
  daemon(scene& in, std::unique_ptr<disk_store> opened,
         std::function<void()> on_power_cut);

  /// Begins to lead. Error: the store cannot grant a lease.
  result<void> lead();

  /// A command as it arrives, from whichever client.
  void order(const std::string& app, app_command command,
             master::reply_handler on_reply);

  process& life() noexcept {
    return life_;
  }

  node& workers() noexcept {
    return node_;
  }

  disk_store& journals() noexcept {
    return *store_;
  }

  const std::map<std::string, std::unique_ptr<master>>& masters() const {
    return masters_;
  }

  /// An app_master ends, and another takes its place after a while.
  void restart_master(const std::string& app);

  /// Any application that has an app_master, or none.
  std::string any_application();

  /// Restarts the app_masters that say that only this helps.
  void attend();

  /// Only a restart helps: the store failed, or somebody else leads.
  bool is_lame() const;

private:
  master& spawn_master(const std::string& app);
  std::unique_ptr<master> make_master(const std::string& app);
  duration disk_latency();

  scene& in_;
  process life_;
  std::unique_ptr<disk_store> store_;
  node node_;
  std::function<void()> on_power_cut_;
  serval::epoch epoch_;
  std::map<std::string, std::uint64_t> numbers_;
  std::map<std::string, std::shared_ptr<job_lane>> lanes_;
  std::map<std::string, std::shared_ptr<handover_place>> left_;
  std::map<std::string, std::unique_ptr<master>> masters_;
  /// Those that have ended; what they told the store to do still happens.
  std::vector<std::unique_ptr<master>> ended_;
};

} // namespace serval::simulation
