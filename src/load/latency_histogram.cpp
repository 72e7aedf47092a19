#include "load/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace serval {

namespace {

// Below 2^9 ns each nanosecond has its own bucket; above, each doubling is cut
// into 2^8, so that a bucket is at most 1/256 of its content wide.
constexpr unsigned part_bits = 8;
constexpr std::uint64_t parts = 1u << part_bits;
constexpr std::uint64_t longest = 3'600'000'000'000;

constexpr std::uint32_t index_of(std::uint64_t span) noexcept {
  if (span < 2 * parts)
    return static_cast<std::uint32_t>(span);
  auto shift = static_cast<unsigned>(std::bit_width(span)) - part_bits - 1;
  return static_cast<std::uint32_t>(shift * parts + (span >> shift));
}

constexpr std::uint32_t bucket_count = index_of(longest) + 1;

} // namespace

latency_histogram::latency_histogram() : counts_(bucket_count) {
  // nop
}

void latency_histogram::record(duration span) noexcept {
  auto value = std::max<std::int64_t>(span.count(), 0);
  auto index = index_of(std::min(static_cast<std::uint64_t>(value), longest));
  ++counts_[index];
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  ++count_;
  sum_ += static_cast<double>(value);
}

void latency_histogram::merge(const latency_histogram& other) noexcept {
  if (other.count_ == 0)
    return;
  for (std::uint32_t i = 0; i < bucket_count; ++i)
    counts_[i] += other.counts_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
  sum_ += other.sum_;
}

void latency_histogram::add(const std::vector<bucket>& buckets) noexcept {
  for (const auto& [index, count] : buckets) {
    if (index >= bucket_count || count == 0)
      continue;
    auto value = middle_of(index).count();
    counts_[index] += count;
    min_ = count_ == 0 ? value : std::min(min_, value);
    max_ = std::max(max_, value);
    count_ += count;
    sum_ += static_cast<double>(value) * static_cast<double>(count);
  }
}

void latency_histogram::clear() noexcept {
  std::ranges::fill(counts_, 0);
  count_ = 0;
  min_ = max_ = 0;
  sum_ = 0;
}

duration latency_histogram::min() const noexcept {
  return duration{min_};
}

duration latency_histogram::max() const noexcept {
  return duration{max_};
}

duration latency_histogram::mean() const noexcept {
  if (count_ == 0)
    return {};
  return duration{
    static_cast<std::int64_t>(sum_ / static_cast<double>(count_))};
}

duration latency_histogram::at(double quantile) const noexcept {
  if (count_ == 0)
    return {};
  // The small subtraction keeps products such as 0.99 * 100 from being rounded
  // up to the next whole number.
  auto wanted = std::ceil(quantile * static_cast<double>(count_) - 1e-9);
  auto rank = std::clamp<double>(wanted, 1, static_cast<double>(count_));
  if (rank >= static_cast<double>(count_))
    return max();
  std::uint64_t seen = 0;
  for (std::uint32_t i = 0; i < bucket_count; ++i) {
    seen += counts_[i];
    if (static_cast<double>(seen) >= rank)
      return std::clamp(middle_of(i), min(), max());
  }
  return max();
}

std::vector<latency_histogram::bucket> latency_histogram::buckets() const {
  std::vector<bucket> found;
  for (std::uint32_t i = 0; i < bucket_count && count_ > 0; ++i)
    if (counts_[i] > 0)
      found.push_back({i, counts_[i]});
  return found;
}

duration latency_histogram::middle_of(std::uint32_t index) noexcept {
  if (index < 2 * parts)
    return duration{index};
  auto shift = index / parts - 1;
  auto begin = (index - shift * parts) << shift;
  return duration{static_cast<std::int64_t>(begin + (1ull << shift) / 2)};
}

} // namespace serval
