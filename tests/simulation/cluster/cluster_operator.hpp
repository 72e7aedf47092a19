#pragma once

#include "simulation/cluster/cluster_daemon.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace serval::simulation {

/// Somebody who deploys, scales and deletes applications of a cluster, empties
/// nodes, and does what the product asks for after an old dump was restored.
class cluster_operator {
public:
  /// The daemon that leads, or null.
  using leader_finder = std::function<cluster_daemon*()>;

  cluster_operator(cluster_scene& in, cluster_store& store,
                   leader_finder find);

  /// The nodes that are to be empty.
  const std::set<std::string>& drained() const noexcept {
    return drained_;
  }

private:
  void act();
  void deploy(const std::string& app);
  void send(const std::string& app, app_command command, int attempts);
  void drain();
  /// Asks again for what the leader may have lost, and adopts orphans.
  void attend();
  void attend_orphans(cluster_daemon& leader);
  app_command make(decltype(app_command::what) what);
  app_spec make_spec(const std::string& app);
  backend_spec make_backend(const std::string& name);

  cluster_scene& in_;
  cluster_store& store_;
  leader_finder find_;
  std::uint64_t last_id_ = 0;
  std::set<std::string> drained_;
};

} // namespace serval::simulation
