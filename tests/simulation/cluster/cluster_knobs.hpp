#pragma once

#include "app_master/supervision.hpp"
#include "leader/lease_keeper.hpp"

#include <cstdint>

namespace serval::simulation {

/// What goes wrong in one world of many nodes, how often, and how large the
/// world is. A mean time of zero means never.
struct cluster_knobs {
  /// How long faults go on.
  duration span{};

  std::uint32_t nodes = 2;
  std::uint32_t zones = 1;
  std::uint32_t applications = 1;
  std::uint32_t workers_max = 4;
  supervision_options supervision;
  lease_options lease;
  duration lost_after{};
  /// After such a silence a link is given up.
  duration silence{};

  struct clock_faults {
    /// How much faster or slower than the true time clocks go, at most.
    double drift = 0;
    duration skew{};
    /// One goes so slowly that its lease outlives the store's.
    bool runs_away = false;
  } clocks;

  struct node_faults {
    duration crash_every{};
    /// Of the crashes, the share in which its peers are not told.
    double silent_crashes = 0;
    duration down_max{};
    /// How often one comes back without its disk.
    double disk_losses = 0;
    /// How often one never comes back.
    double stays_down = 0;
    duration pause_every{};
    duration pause_max{};
    /// Longer than in calm it takes until orders are on its disk.
    duration disk_latency_max{};
  } machines;

  struct network_faults {
    duration delay_max{};
    double dial_loss = 0;
    /// Nothing gets from one to another, or from one or some to any.
    duration cut_every{};
    duration cut_max{};
    duration break_every{};
    /// How often what a leader sent last still comes, when another leads.
    double strays = 0;
  } network;

  struct store_faults {
    duration latency_max{};
    duration outage_every{};
    duration outage_max{};
    duration restore_every{};
  } store;

  struct worker_faults {
    duration start_max{};
    double start_fails = 0;
    duration crash_every{};
    duration stop_max{};
    double artifact_fails = 0;
  } workers;

  struct operator_habits {
    duration command_every{};
    duration drain_every{};
    double bad_releases = 0;
    double deletes = 0;
    /// How much of what releases may need is needed.
    double needs = 0;
  } operators;
};

/// Draws the knobs of a world as `draw_knobs` does.
cluster_knobs draw_cluster_knobs(std::uint64_t seed);

} // namespace serval::simulation
