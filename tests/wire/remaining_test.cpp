#include "wire/remaining.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

TEST_CASE("a deadline survives the way as the time that remains") {
  time_point here{100s};
  time_point there{7s};
  auto remaining = remaining_until(here, here + 3s);
  CHECK(deadline_after(there, remaining) == there + 3s);
}

TEST_CASE("no remaining time, however odd, makes an impossible deadline") {
  time_point now{100s};
  CHECK(deadline_after(now, duration::min()) == now);
  CHECK(deadline_after(now, -1ns) == now);
  CHECK(deadline_after(now, duration::max()) == now + remaining_max);
  CHECK(remaining_until(now, time_point::max()) == remaining_max);
  CHECK(remaining_until(now, now - 1s) == -1s);
}
