#pragma once

#include "simulation/cluster/virtual_leader.hpp"
#include "simulation/cluster/virtual_leader_link.hpp"

#include <string>
#include <vector>

namespace serval::simulation {

/// One life of the daemon on a machine of a cluster.
class cluster_daemon {
public:
  cluster_daemon(cluster_scene& in, fabric& net, store_door& store, machine& at,
                 const std::vector<std::string>& nodes);

  process& life() noexcept {
    return life_;
  }

  virtual_leader& leader() noexcept {
    return leader_;
  }

  virtual_control& control() noexcept {
    return control_;
  }

  virtual_host& host() noexcept {
    return host_;
  }

  const node_agent& agent() const noexcept {
    return link_.agent();
  }

private:
  daemon_place place(cluster_scene& in, fabric& net, store_door& store,
                     machine& at);

  process life_;
  virtual_host host_;
  virtual_leader_link link_;
  virtual_control control_;
  virtual_leader leader_;
};

} // namespace serval::simulation
