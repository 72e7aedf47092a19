#include "load/arrival_schedule.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace serval;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const rate_profile> rates(std::string_view text,
                                          duration length) {
  return std::make_shared<const rate_profile>(*parse_rates(text, length));
}

std::vector<duration> all_of(arrival_schedule schedule) {
  std::vector<duration> times;
  while (auto at = schedule.next())
    times.push_back(*at);
  return times;
}

} // namespace

TEST_CASE("even arrivals of a constant rate are equally far apart") {
  auto times = all_of({rates("100", 2s), arrivals::even, 1});
  REQUIRE(times.size() == 200);
  for (int i = 0; i < 200; ++i) {
    CHECK(times[i] >= i * 10ms - 10ns);
    CHECK(times[i] <= i * 10ms + 10ns);
  }
}

TEST_CASE("even arrivals of steps keep each step's distance") {
  auto times = all_of({rates("10,100", 2s), arrivals::even, 1});
  REQUIRE(times.size() == 110);
  CHECK(std::ranges::count_if(times, [](auto t) { return t < 1s; }) == 10);
}

TEST_CASE("Poisson arrivals have the rate's mean and a memoryless spread") {
  auto times = all_of({rates("1000", 100s), arrivals::poisson, 42});
  auto count = static_cast<double>(times.size());
  CHECK(std::abs(count - 100'000) < 5 * std::sqrt(100'000));
  // The standard deviation of exponential gaps equals their mean.
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    auto gap = std::chrono::duration<double>(times[i] - times[i - 1]).count();
    sum += gap;
    squares += gap * gap;
  }
  auto mean = sum / (count - 1);
  auto deviation = std::sqrt(squares / (count - 1) - mean * mean);
  CHECK(deviation / mean == doctest::Approx(1).epsilon(0.02));
}

TEST_CASE("Poisson arrivals follow a ramp") {
  auto times = all_of({rates("0..2000", 50s), arrivals::poisson, 3});
  auto early = std::ranges::count_if(times, [](auto t) { return t < 25s; });
  CHECK(std::abs(static_cast<double>(early) - 12'500) < 600);
  CHECK(std::abs(static_cast<double>(times.size()) - 50'000) < 1200);
}

TEST_CASE("times never decrease and stay within the run") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto times
      = all_of({rates("300,0,5", 3s),
                arrivals::poisson, seed});
    CHECK(std::ranges::is_sorted(times));
    CHECK(times.back() < 3s);
  }
}

TEST_CASE("threads share a schedule without losing or repeating an arrival") {
  auto profile = rates("500..100", 4s);
  auto whole = all_of({profile, arrivals::poisson, 9});
  std::vector<duration> together;
  for (std::uint32_t share = 0; share < 3; ++share) {
    auto part = all_of({profile, arrivals::poisson, 9, share, 3});
    together.insert(together.end(), part.begin(), part.end());
  }
  std::ranges::sort(together);
  CHECK(together == whole);
}

TEST_CASE("a seed gives the same arrivals again, another seed others") {
  auto profile = rates("100", 5s);
  auto once = all_of({profile, arrivals::poisson, 5});
  CHECK(all_of({profile, arrivals::poisson, 5}) == once);
  CHECK(all_of({profile, arrivals::poisson, 6}) != once);
}
