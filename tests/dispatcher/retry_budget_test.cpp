#include "dispatcher/retry_budget.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace serval;
using namespace std::literals;

namespace {

struct event {
  time_point at;
  std::uint64_t firsts;
  std::uint64_t retries;
};

} // namespace

TEST_CASE("without traffic a few retries are allowed, and no more") {
  retry_budget uut;
  time_point now{1h};
  for (std::uint64_t i = 0; i < retry_budget::always; ++i)
    CHECK(uut.try_retry(now));
  CHECK_FALSE(uut.try_retry(now));
  CHECK_FALSE(uut.try_retry(now + 8s));
  CHECK(uut.try_retry(now + 11s));
}

TEST_CASE("a tenth of ten seconds' first attempts may be made again") {
  retry_budget uut;
  time_point now{1h};
  uut.on_first_attempts(1000, now);
  std::uint64_t retries = 0;
  while (uut.try_retry(now + 5s))
    ++retries;
  CHECK(retries == 100);
}

TEST_CASE("over any ten seconds retries stay below the tenth, however they "
          "come") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    retry_budget uut;
    time_point now{1h};
    std::vector<event> events;
    for (int step = 0; step < 500; ++step) {
      now += std::chrono::milliseconds{
        random.below(random.below(10) == 0 ? 20'000 : 300)};
      event next{now, random.below(2) == 0 ? random.below(100) : 0u, 0};
      uut.on_first_attempts(next.firsts, now);
      for (auto tries = random.below(30); tries > 0; --tries)
        next.retries += uut.try_retry(now) ? 1 : 0;
      events.push_back(next);
      std::uint64_t firsts = 0;
      std::uint64_t retries = 0;
      for (auto& each : events) {
        firsts += each.at > now - 10s ? each.firsts : 0;
        // The window is a whole number of seconds: nine at least.
        retries += each.at > now - 9s ? each.retries : 0;
      }
      if (next.retries > 0)
        CHECK(retries <= std::max(retry_budget::always, firsts / 10));
    }
  }
}
