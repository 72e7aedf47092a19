#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <vector>

namespace serval {

/// Counts spans of time in buckets that grow with the span, as HDR histograms
/// do: what comes out is within 0.2 % of what went in, from a nanosecond to an
/// hour. Longer spans count as an hour; `max` stays exact.
class latency_histogram {
public:
  /// Spans that are told apart no further.
  struct bucket {
    std::uint32_t index = 0;
    std::uint64_t count = 0;

    friend bool operator==(const bucket&, const bucket&) = default;
  };

  latency_histogram();

  /// Negative spans count as 0.
  void record(duration span) noexcept;

  void merge(const latency_histogram& other) noexcept;

  /// Adds what `buckets` gave, here or elsewhere. Extremes and mean are then as
  /// exact as the buckets. Buckets that no histogram has are ignored.
  void add(const std::vector<bucket>& buckets) noexcept;

  void clear() noexcept;

  std::uint64_t count() const noexcept {
    return count_;
  }

  /// 0 if nothing was recorded; so are all below.
  duration min() const noexcept;
  duration max() const noexcept;
  duration mean() const noexcept;

  /// The span that at least the share `quantile` of all did not exceed.
  duration at(double quantile) const noexcept;

  /// The buckets that are not empty, from short to long.
  std::vector<bucket> buckets() const;

  /// The middle of a bucket.
  static duration middle_of(std::uint32_t index) noexcept;

private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

} // namespace serval
