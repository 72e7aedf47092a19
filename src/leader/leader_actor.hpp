#pragma once

#include "actor/loop_actor.hpp"
#include "app_master/app_master_actor.hpp"
#include "leader/leader_door.hpp"
#include "leader/leadership_view.hpp"
#include "leader/lease_holder.hpp"
#include "leader/lease_keeper.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace serval {

/// What a leader works with. The references outlive it.
struct leader_setup {
  /// Who asks the store for the lease; what is not known at first is empty.
  std::function<lease_holder()> who;
  serval::store& store;
  worker_control& workers;
  std::function<void(std::function<void()>)> run_blocking;
  std::function<wall_time()> wall_clock;
  std::uint64_t seed = 1;
  supervision_options supervision;
  /// Called once, when the applications of the store have their app_masters;
  /// they go on bringing up their workers. Or with the error that keeps this
  /// node from leading at first.
  std::function<void(result<void>)> on_recovered;
  /// Told of what the operator should read in the log.
  std::function<void(const std::string&)> log;
  lease_options lease;
  /// As `run_blocking`, for the lease alone, which nothing else may delay.
  std::function<void(std::function<void()>)> run_lease;
  /// Told whenever what the node is to the control plane has changed.
  std::function<void(const leadership_view&)> on_change;
  /// Told of each order that was not given, as the lease was over.
  std::function<void()> on_withheld;
  /// As in `app_master_setup`.
  std::function<std::uint16_t()> journal_format = nullptr;
};

/// Starts the leader on `home` and returns the door to it. It leads whenever
/// it has the store's lease; else commands are refused. Destroying the door
/// stops it and all its app_masters: they give no more orders, and whoever
/// still waits is answered `unavailable`.
std::unique_ptr<leader_door> start_leader(caf::actor_system& system,
                                          loop* home, leader_setup setup);

} // namespace serval
