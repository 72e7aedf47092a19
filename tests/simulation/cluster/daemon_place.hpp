#pragma once

#include "simulation/cluster/cluster_store.hpp"
#include "wire/cluster_messages.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace serval::simulation {

/// A machine: what outlives its daemons.
struct machine {
  machine(const event_loop& loop, duration ahead, double rate)
    : clock(loop, ahead, rate) {
    // nop
  }

  node_facts facts;
  machine_clock clock;
  /// On its disk: the orders that are in force, and artifacts.
  std::vector<cluster_message> kept;
  std::set<std::string> artifacts;
};

/// Where the parts of one daemon are, and what they share.
struct daemon_place {
  cluster_scene& in;
  fabric& net;
  store_door& store;
  machine& at;
  process& life;
  node_facts facts;

  time_point now() const {
    return at.clock.now();
  }

  /// Calls `what` when the machine's clock shows `due`.
  void at_time(time_point due, process::event what) const {
    life.after(at.clock.until(due), std::move(what));
  }
};

} // namespace serval::simulation
