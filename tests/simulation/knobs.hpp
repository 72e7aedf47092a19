#pragma once

#include "app_master/supervision.hpp"

#include <cstdint>

namespace serval::simulation {

/// What goes wrong in one world, how often, and how large the world is. A mean
/// time of zero means never.
struct knobs {
  /// How long faults go on.
  duration span{};

  std::uint32_t applications = 1;
  std::uint32_t loops = 1;
  std::uint32_t workers_max = 4;
  supervision_options supervision;

  struct machine_faults {
    duration crash_every{};
    /// Of the crashes, the share that takes what was not synced along.
    double power_cuts = 0;
    duration pause_every{};
    duration pause_max{};
    /// An app_master ends while all else goes on, and another is started.
    duration master_crash_every{};
    /// Another leader is granted the lease, as if this one had lost it.
    duration depose_every{};
    /// The wall clock jumps so far, to either side.
    duration wall_skew{};
  } machine;

  struct disk_faults {
    duration latency_max{};
    double sync_fails = 0;
    double write_fails = 0;
    /// Power cuts in the middle of a write or a sync.
    double cut = 0;
    /// On a restart, synced bytes at the log's end are gone. The store must
    /// find out.
    double loses_end = 0;
  } disk;

  struct worker_faults {
    duration start_max{};
    double start_fails = 0;
    double start_hangs = 0;
    duration crash_every{};
    duration freeze_every{};
    duration freeze_max{};
    duration slow_every{};
    duration grow_every{};
    duration fall_ill_every{};
    /// How often a start has to wait for others.
    double queued = 0;
    double probe_fails = 0;
  } workers;

  struct network_faults {
    duration delay_max{};
    double loss = 0;
    double duplication = 0;
    duration partition_every{};
    duration partition_max{};
  } network;

  struct operator_habits {
    std::uint32_t count = 1;
    duration command_every{};
    /// How often a command bears an operation id that was used before.
    double repeats = 0;
    /// How often a deployed release cannot be brought up, or dies once it
    /// serves.
    double bad_releases = 0;
    double deletes = 0;
  } operators;

  struct request_load {
    /// Per second; zero leaves the data plane alone.
    double rate = 0;
    duration service{};
    duration deadline{};
    std::uint32_t concurrency = 1;
    std::uint32_t queue = 16;
    std::uint32_t max_requests = 64;
    std::uint32_t pieces_max = 4;
    bool idempotent = false;
    double cancels = 0;
    double low = 0;
    double poison = 0;
    double hangs = 0;
  } load;
};

/// Draws the knobs of a world. Each kind of fault is off in more than half of
/// all worlds, so that rare combinations of few faults are met as well as
/// everything at once ("Swarm testing", Groce and others, 2012).
knobs draw_knobs(std::uint64_t seed);

} // namespace serval::simulation
