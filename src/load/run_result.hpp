#pragma once

#include "load/load_recorder.hpp"

#include <string>
#include <utility>
#include <vector>

namespace serval {

/// The shape of many latencies.
struct latency_summary {
  std::uint64_t count = 0;
  duration min{}, mean{}, p50{}, p90{}, p99{}, p999{}, max{};

  friend bool operator==(const latency_summary&,
                         const latency_summary&) = default;
};

latency_summary summarize(const latency_histogram& histogram);

/// One second of the timeline; counts are also rates.
struct timeline_point {
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  duration p50{}, p99{}, max{};

  friend bool operator==(const timeline_point&,
                         const timeline_point&) = default;
};

/// What a run was asked to do, as far as its result depends on it.
struct run_facts {
  /// Name and value of each parameter, for people.
  std::vector<std::pair<std::string, std::string>> parameters;
  /// ISO 8601.
  std::string started;
  /// When the first request could be sent, on the machine's monotonic clock;
  /// the times of the log count from here.
  duration begun{};
  duration warm_up{};
  /// The measured time after the warm-up; shorter than asked for if the run was
  /// interrupted.
  duration measured{};
  /// Whether requests were sent at given times, not one after the other.
  bool open_loop = false;
  /// The share of a processor that the busiest generator thread used.
  double generator_cpu = 0;
  bool interrupted = false;
};

/// All that is kept of a run.
struct run_result {
  run_facts facts;
  /// Requests that were intended within the measured time.
  std::uint64_t requests = 0;
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  /// Per second of measured time: intended, and answered well.
  double intended_rate = 0;
  double throughput = 0;
  std::uint64_t bytes = 0;
  /// How requests ended, and how many did so; only what occurred.
  std::vector<std::pair<std::string, std::uint64_t>> ends;
  /// Of requests that went well: from the intended time, and from the sending.
  latency_summary latency;
  latency_summary service;
  /// How late the generator itself came to its requests.
  latency_summary lag;
  std::vector<latency_histogram::bucket> latency_buckets;
  std::vector<timeline_point> timeline;
  /// Why the figures say nothing about the target; empty if they do.
  std::vector<std::string> void_because;
  /// What else to know when reading the figures.
  std::vector<std::string> notes;

  bool is_void() const noexcept {
    return !void_because.empty();
  }

  /// The share of requests that failed.
  double error_share() const noexcept {
    return requests == 0
             ? 0
             : static_cast<double>(failed) / static_cast<double>(requests);
  }
};

/// Takes the merged, closed record of a run apart and judges whether it can be
/// trusted.
run_result conclude(run_facts facts, const load_recorder& record);

} // namespace serval
