#include "app_master/supervision.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("a first failure waits for nothing, later ones ever longer") {
  supervision_options options;
  random_source random{7};
  CHECK(restart_pause(options, 1, random) == 0s);
  for (std::uint32_t failures = 2; failures < 100; ++failures) {
    auto longest = options.back_off_max;
    if (failures - 2 < 20)
      longest
        = std::min(longest, options.back_off_first * (1 << (failures - 2)));
    for (int i = 0; i < 20; ++i) {
      auto wait = restart_pause(options, failures, random);
      CHECK(wait <= longest);
      CHECK(wait >= longest / 2);
    }
  }
}

TEST_CASE("a tenth of the workers may be replaced at once, and always one") {
  CHECK(recycles_at_once(1) == 1);
  CHECK(recycles_at_once(19) == 1);
  CHECK(recycles_at_once(500) == 50);
}

TEST_CASE("a burst of restarts is free and the rest comes at its rate") {
  restart_limit limit;
  auto now = time_point{1h};
  for (int i = 0; i < 10; ++i)
    CHECK(limit.reserve(now, 10, 10s) == now);
  CHECK(limit.reserve(now, 10, 10s) == now + 1s);
  CHECK(limit.reserve(now, 10, 10s) == now + 2s);
  now += 1min;
  for (int i = 0; i < 10; ++i)
    CHECK(limit.reserve(now, 10, 10s) == now);
  CHECK(limit.reserve(now, 10, 10s) == now + 1s);
}
