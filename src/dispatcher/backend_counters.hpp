#pragma once

#include "base/errc.hpp"
#include "base/time.hpp"
#include "dispatcher/outlier.hpp"
#include "model/outcome.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace serval {

/// What became of a backend's calls, counted on one loop. Plain numbers: the
/// loop that counts hands out copies.
struct backend_counters {
  /// Bucket `i` counts calls that took less than 2^i * 16 microseconds; the
  /// last takes the rest (beyond some 8 minutes).
  static constexpr std::size_t bucket_count = 26;

  static constexpr duration bucket_limit(std::size_t bucket) {
    return std::chrono::microseconds{16} * (std::int64_t{1} << bucket);
  }

  /// By error code; the last counts successes.
  std::array<std::uint64_t, errc_count + 1> ended{};
  std::array<std::uint64_t, bucket_count> by_latency{};
  duration latency_sum{};
  /// Calls at workers at the moment, and calls that wait for one.
  std::uint64_t in_flight = 0;
  std::uint64_t waiting = 0;
  /// Pieces that were sent once more, and those that the budget kept from it.
  std::uint64_t retries = 0;
  std::uint64_t retries_refused = 0;
  /// How often workers were ejected, by cause, and how many are.
  std::array<std::uint64_t, ejection_count> ejections{};
  std::uint64_t ejected = 0;
  /// Pieces that were answered without a worker, since they kill workers.
  std::uint64_t poisoned = 0;

  void record(const outcome& what, duration latency) noexcept {
    ++ended[what.ok() ? errc_count : static_cast<int>(*what.code)];
    auto units = static_cast<std::uint64_t>(latency.count()) / 16'000;
    auto bucket = static_cast<std::size_t>(std::bit_width(units));
    ++by_latency[bucket < bucket_count ? bucket : bucket_count - 1];
    latency_sum += latency;
  }

  backend_counters& operator+=(const backend_counters& other) noexcept {
    for (std::size_t i = 0; i < ended.size(); ++i)
      ended[i] += other.ended[i];
    for (std::size_t i = 0; i < by_latency.size(); ++i)
      by_latency[i] += other.by_latency[i];
    latency_sum += other.latency_sum;
    in_flight += other.in_flight;
    waiting += other.waiting;
    retries += other.retries;
    retries_refused += other.retries_refused;
    for (std::size_t i = 0; i < ejections.size(); ++i)
      ejections[i] += other.ejections[i];
    ejected += other.ejected;
    poisoned += other.poisoned;
    return *this;
  }
};

} // namespace serval
