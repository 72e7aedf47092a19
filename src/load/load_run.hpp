#pragma once

#include "base/result.hpp"
#include "load/arrival_schedule.hpp"
#include "load/load_driver.hpp"
#include "load/request_mix.hpp"
#include "load/run_result.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace serval {

/// All that a run needs, checked.
struct load_plan {
  request_mix mix;
  /// The rate of an open loop, warm-up included; none in a closed loop.
  std::shared_ptr<const rate_profile> rates;
  arrivals how = arrivals::poisson;
  /// Of a closed loop, over all threads.
  std::uint32_t in_flight = 0;
  duration warm_up{};
  /// After the warm-up.
  duration length{};
  duration timeout{};
  std::uint32_t retries = 0;
  std::uint32_t threads = 1;
  std::uint64_t seed = 1;
  /// Where each request is logged; empty for nowhere.
  std::string log_path;
  std::vector<std::pair<std::string, std::string>> parameters;
};

/// What is known while a run goes on.
struct load_progress {
  duration elapsed{};
  duration total{};
  bool warming_up = false;
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  /// Since the last report.
  double throughput = 0;
  duration p50{};
  duration p99{};
};

/// Makes the transport of one thread; called on that thread.
using transport_maker
  = std::function<result<std::unique_ptr<load_transport>>(std::uint32_t)>;

/// Runs a plan on its threads, which end before it returns. `report` is called
/// about twice a second on the caller's thread. Once `stop` is set the run ends
/// early, with what it has.
result<run_result> run_load(const load_plan& plan,
                            const transport_maker& make_transport,
                            const std::function<void(load_progress)>& report,
                            const std::atomic<bool>& stop);

} // namespace serval
