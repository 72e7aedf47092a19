#include "leader/master_restarts.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

master_restarts::options options() {
  master_restarts::options how;
  how.failures_max = 5;
  how.memory = 1min;
  how.waits.back_off_first = 100ms;
  return how;
}

bool says(const std::string& text, std::string_view part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the first failure is made good at once, then waiting times double, "
          "and the fifth in a row is the last") {
  master_restarts uut{options(), 1};
  time_point now{1h};
  CHECK(uut.on_failure("a", "it broke", now) == now);
  duration least = 50ms;
  for (int i = 2; i < 5; ++i) {
    auto due = uut.on_failure("a", "it broke", now);
    REQUIRE(due);
    CHECK(*due - now >= least);
    CHECK(*due - now <= 2 * least);
    least *= 2;
  }
  CHECK_FALSE(uut.on_failure("a", "it broke", now));
  CHECK(says(uut.describe("a", now),
             "failed 5 times, the last time because it broke"));
  CHECK(says(uut.describe("a", now), "`serval restart app_master a`"));
}

TEST_CASE("one application's failures are not another's") {
  master_restarts uut{options(), 1};
  time_point now{1h};
  for (int i = 0; i < 5; ++i)
    (void) uut.on_failure("a", "it broke", now);
  CHECK(uut.on_failure("b", "it broke", now) == now);
}

TEST_CASE("failures long ago and those before an operator's word are "
          "forgotten") {
  master_restarts uut{options(), 1};
  time_point now{1h};
  for (int i = 0; i < 4; ++i)
    (void) uut.on_failure("a", "it broke", now);
  now += 2min;
  CHECK(uut.on_failure("a", "it broke", now) == now);
  for (int i = 0; i < 4; ++i)
    (void) uut.on_failure("a", "it broke", now);
  uut.forget("a");
  CHECK(uut.on_failure("a", "it broke", now) == now);
}

TEST_CASE("it is told when the next one starts") {
  master_restarts uut{options(), 1};
  time_point now{1h};
  (void) uut.on_failure("a", "it broke", now);
  CHECK(says(uut.describe("a", now), "another starts now"));
  (void) uut.on_failure("a", "it broke", now);
  CHECK(says(uut.describe("a", now), "another starts in 100ms"));
  CHECK(says(uut.describe("a", now), "its workers serve on"));
}
