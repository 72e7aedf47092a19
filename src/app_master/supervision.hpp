#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "model/app_spec.hpp"

#include <cstdint>

namespace serval {

/// How long an app_master waits for what, and how often it tries.
struct supervision_options {
  /// From the order to start a worker until it is ready, for backends that do
  /// not say.
  duration start_timeout = std::chrono::seconds{30};
  /// The node ends a start that takes too long; so much later its app_master
  /// does not wait for that any more.
  duration start_extra = std::chrono::seconds{10};
  /// Until the node has a place to start a worker.
  duration queue_max = std::chrono::minutes{10};
  /// Until all dispatchers said that they took a worker out of their tables.
  duration retire_max = std::chrono::seconds{5};
  /// For calls in progress when a worker is stopped, beyond the application's
  /// own deadline.
  duration drain_extra = std::chrono::seconds{1};
  /// Between two orders to stop a worker at once.
  duration stop_max = std::chrono::seconds{5};
  /// From a deploy until all of the release's workers are ready, or until more
  /// of them are than ever before.
  duration bring_up_max = std::chrono::minutes{5};
  /// Until a journal that failed is tried again.
  duration journal_retry = std::chrono::seconds{1};
  /// A worker that fails for the first time starts again at once, then after
  /// this, then after twice this…
  duration back_off_first = std::chrono::milliseconds{100};
  duration back_off_max = std::chrono::seconds{30};
  /// A worker that was ready for so long is taken to have failed for the first
  /// time when it fails.
  duration stable_after = std::chrono::seconds{1};
  /// How long a release that has taken over from another is on trial, and how
  /// often each of a backend's workers may die in that time, on average, before
  /// the other is brought back.
  duration trial_span = std::chrono::minutes{1};
  std::uint32_t trial_deaths_max = 3;
  /// Restarts of one backend within `restart_period`, beyond one for each
  /// worker, before more of them wait.
  std::uint32_t restart_burst = 10;
  duration restart_period = std::chrono::seconds{10};
  /// A worker is not replaced for its memory before it was ready for so long: a
  /// limit that is too low must not keep the node busy with starts.
  duration recycle_age_min = std::chrono::seconds{2};
};

/// How long a worker of `backend` may take from its start until it is ready.
duration start_timeout_of(const supervision_options& options,
                          const backend_spec& backend);

/// How long a worker waits after its n-th failure in a row, n >= 1: nothing,
/// then doubling times, each up to a half shorter by chance so that workers
/// which fell together do not all start together.
duration restart_pause(const supervision_options& options,
                       std::uint32_t failures, random_source& random);

/// How many of a backend's `workers` may be replaced for their memory at once:
/// a tenth, but one at least.
std::uint32_t recycles_at_once(std::uint32_t workers) noexcept;

/// Spreads restarts that come in masses, so that a backend that crashes does
/// not take the machine: a burst is free, then they pass at the rate at
/// which the burst refills.
class restart_limit {
public:
  /// Takes a place for one restart and returns when it may happen.
  /// REQUIRES: burst > 0
  time_point reserve(time_point now, std::uint32_t burst, duration period);

  friend bool operator==(const restart_limit&, const restart_limit&) = default;

private:
  /// When all that was reserved would be done at the steady rate.
  time_point drained_ = time_point::min();
};

} // namespace serval
