#pragma once

#include "actor/loop_actor.hpp"
#include "app_master/app_master_actor.hpp"
#include "leader/catalog.hpp"
#include "leader/control_plane.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace serval {

/// What a leader works with. The references outlive it.
struct leader_setup {
  /// Who asks the store for the lease.
  std::string node;
  serval::store& store;
  worker_control& workers;
  std::function<void(std::function<void()>)> run_blocking;
  std::function<wall_time()> wall_clock;
  std::uint64_t seed = 1;
  supervision_options supervision;
  /// Called once, when the applications of the store have their app_masters;
  /// they go on bringing up their workers. Or with the store's error.
  std::function<void(result<void>)> on_recovered;
  /// Told of what the operator should read in the log.
  std::function<void(const std::string&)> log;
};

/// Starts the leader on `home` and returns the door to it. Destroying that
/// stops the leader and all its app_masters: they give no more orders, and
/// whoever still waits is answered `unavailable`.
std::unique_ptr<control_plane> start_leader(caf::actor_system& system,
                                            loop* home, leader_setup setup);

} // namespace serval
