#include "load/latency_histogram.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// Spans from a nanosecond to an hour, as many short as long ones.
std::vector<duration> draw_spans(std::uint64_t seed, int count) {
  random_source random{seed};
  std::vector<duration> spans;
  for (int i = 0; i < count; ++i)
    spans.emplace_back(
      static_cast<std::int64_t>(std::pow(10, random.unit() * 12.556)));
  return spans;
}

/// The span of the same rank in a sorted list.
duration exact(std::vector<duration> spans, double quantile) {
  std::ranges::sort(spans);
  auto rank = static_cast<std::size_t>(
    std::ceil(quantile * static_cast<double>(spans.size()) - 1e-9));
  return spans[std::max<std::size_t>(rank, 1) - 1];
}

} // namespace

TEST_CASE("any quantile of any spans up to an hour is within 0.2 % of the "
          "exact one") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto spans = draw_spans(seed, 2000);
    latency_histogram histogram;
    for (auto span : spans)
      histogram.record(span);
    for (auto quantile : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      auto wanted = static_cast<double>(exact(spans, quantile).count());
      auto got = static_cast<double>(histogram.at(quantile).count());
      CAPTURE(seed);
      CAPTURE(quantile);
      CHECK(std::abs(got - wanted) <= wanted * 0.002);
    }
    CHECK(histogram.max() == *std::ranges::max_element(spans));
    CHECK(histogram.min() == *std::ranges::min_element(spans));
  }
}

TEST_CASE("an hour is still told apart from 59 minutes, and more than an hour "
          "keeps its maximum") {
  latency_histogram histogram;
  histogram.record(59min);
  histogram.record(1h);
  histogram.record(5h);
  CHECK(std::abs((histogram.at(0.33) - 59min) / 1s) < 36);
  CHECK(histogram.at(0.5) > 59min + 30s);
  CHECK(histogram.max() == 5h);
  CHECK(histogram.at(1) == 5h);
}

TEST_CASE("merged histograms are as one that recorded everything") {
  auto spans = draw_spans(7, 3000);
  latency_histogram whole;
  latency_histogram parts[3];
  for (std::size_t i = 0; i < spans.size(); ++i) {
    whole.record(spans[i]);
    parts[i % 3].record(spans[i]);
  }
  latency_histogram merged;
  for (const auto& part : parts)
    merged.merge(part);
  CHECK(merged.count() == whole.count());
  CHECK(merged.buckets() == whole.buckets());
  CHECK(merged.min() == whole.min());
  CHECK(merged.max() == whole.max());
  CHECK(merged.mean() / 1us == whole.mean() / 1us);
}

TEST_CASE("buckets make the same histogram again, within their width") {
  latency_histogram whole;
  for (auto span : draw_spans(3, 1000))
    whole.record(span);
  latency_histogram again;
  again.add(whole.buckets());
  CHECK(again.buckets() == whole.buckets());
  auto wanted = static_cast<double>(whole.at(0.99).count());
  CHECK(std::abs(static_cast<double>(again.at(0.99).count()) - wanted)
        <= wanted * 0.004);
  again.add({{4'000'000'000, 5}});
  CHECK(again.count() == 1000);
}

TEST_CASE("an empty histogram answers 0, and one that was cleared is empty") {
  latency_histogram histogram;
  CHECK(histogram.at(0.99) == 0ns);
  histogram.record(-5ns);
  histogram.record(7ns);
  CHECK(histogram.min() == 0ns);
  CHECK(histogram.at(1) == 7ns);
  histogram.clear();
  CHECK(histogram.count() == 0);
  CHECK(histogram.max() == 0ns);
  CHECK(histogram.mean() == 0ns);
  CHECK(histogram.buckets().empty());
}
