// Goal: a worker is called unhealthy when its checks say so, and never because
// it works. Method: the core with a virtual clock.
#include "worker/health_watch.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

constexpr health_watch::limits usual{10s, 5s, 3};

const error ill{errc::bad_plugin, "no model"};

/// Plays a worker: time goes on to the next timer.
struct worker_under_watch {
  explicit worker_under_watch(health_watch::limits how = usual)
    : uut(how, 7) {
    uut.begin(now);
  }

  health_watch::step wait(bool busy = false) {
    REQUIRE(uut.due());
    now = *uut.due();
    return uut.on_timer(now, busy);
  }

  health_watch::step answer(const result<void>& how, bool busy = false) {
    return uut.on_answer(how, now, busy);
  }

  time_point now{};
  health_watch uut;
};

} // namespace

TEST_CASE("a healthy worker is asked once in a period, more or less") {
  worker_under_watch w;
  for (int i = 0; i < 100; ++i) {
    auto before = w.now;
    CHECK(w.wait().ask);
    CHECK(w.now - before >= 9s);
    CHECK(w.now - before <= 11s);
    CHECK_FALSE(w.answer({}).unhealthy);
  }
}

TEST_CASE("three failures in a row are too many, and say what was wrong") {
  worker_under_watch w;
  for (int i = 0; i < 2; ++i) {
    CHECK(w.wait().ask);
    CHECK_FALSE(w.answer(ill).unhealthy);
  }
  CHECK(w.wait().ask);
  auto step = w.answer(ill);
  REQUIRE(step.unhealthy);
  CHECK_FALSE(step.unhealthy->hangs);
  CHECK(step.unhealthy->reason
        == "its health check failed: no model; 3 of 3 failures in a row");
}

TEST_CASE("failures that are not in a row are forgiven") {
  worker_under_watch w;
  for (int i = 0; i < 20; ++i) {
    CHECK(w.wait().ask);
    CHECK_FALSE(w.answer(i % 3 == 2 ? result<void>{} : ill).unhealthy);
  }
}

TEST_CASE("a check that does not return fails again with each time-out, and "
          "nothing more is asked") {
  worker_under_watch w;
  CHECK(w.wait().ask);
  for (int i = 0; i < 2; ++i) {
    auto step = w.wait();
    CHECK_FALSE(step.ask);
    CHECK_FALSE(step.unhealthy);
  }
  auto step = w.wait();
  CHECK_FALSE(step.ask);
  REQUIRE(step.unhealthy);
  CHECK(step.unhealthy->hangs);
  CHECK(step.unhealthy->reason.find("has not returned for 15 s")
        != std::string::npos);
}

TEST_CASE("a worker that has calls in hand is not called unhealthy, however "
          "long they take") {
  worker_under_watch w;
  CHECK(w.wait().ask);
  for (int i = 0; i < 100; ++i)
    CHECK_FALSE(w.wait(true).unhealthy);
  // Once it is idle, the check has its own time.
  CHECK_FALSE(w.wait(false).unhealthy);
  CHECK_FALSE(w.answer({}).unhealthy);
  CHECK(w.wait().ask);
}

TEST_CASE("a check that returns late has failed once, and not been forgiven") {
  worker_under_watch w{{10s, 5s, 2}};
  CHECK(w.wait().ask);
  CHECK_FALSE(w.wait().unhealthy);
  CHECK_FALSE(w.answer({}).unhealthy);
  CHECK(w.wait().ask);
  CHECK(w.answer(ill).unhealthy);
}

TEST_CASE("a check that kept its loop for too long has failed") {
  worker_under_watch w{{10s, 5s, 1}};
  CHECK(w.wait().ask);
  w.now += 6s;
  CHECK(w.answer({}).unhealthy);
  CHECK(w.wait().ask);
  w.now += 6s;
  CHECK_FALSE(w.answer({}, true).unhealthy);
}

TEST_CASE("a verdict is given again as long as the checks fail") {
  worker_under_watch w{{10s, 5s, 1}};
  for (int i = 0; i < 5; ++i) {
    CHECK(w.wait().ask);
    CHECK(w.answer(ill).unhealthy);
  }
}

TEST_CASE("nobody is asked without a period, before the begin, or after the "
          "end") {
  health_watch never{{0s, 5s, 3}, 1};
  never.begin(time_point{});
  CHECK_FALSE(never.due());
  health_watch early{usual, 1};
  CHECK_FALSE(early.due());
  CHECK_FALSE(early.on_timer(time_point{1h}, false).ask);
  worker_under_watch w;
  CHECK(w.wait().ask);
  w.uut.end();
  CHECK_FALSE(w.uut.due());
  CHECK_FALSE(w.answer(ill).unhealthy);
  CHECK_FALSE(w.uut.on_timer(w.now + 1h, false).ask);
}

TEST_CASE("workers that became ready together are not asked together") {
  health_watch a{usual, 1};
  health_watch b{usual, 2};
  a.begin(time_point{});
  b.begin(time_point{});
  CHECK(*a.due() != *b.due());
}
