#include "base/timer_queue.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <vector>

using namespace serval;

namespace {

struct probe final : timer {
  std::function<void(probe&)> action;

  void on_timer(time_point) override {
    action(*this);
  }
};

time_point at(int ms) {
  return time_point{} + std::chrono::milliseconds{ms};
}

} // namespace

TEST_CASE("timers fire in the order of their time, and only when due") {
  timer_queue queue;
  std::deque<probe> probes(200);
  std::vector<time_point> fired;
  random_source random{7};
  for (auto& each : probes) {
    each.action = [&](probe& self) { fired.push_back(self.due()); };
    queue.arm(each, at(static_cast<int>(random.below(100))));
  }
  queue.fire(at(49));
  for (auto& each : probes)
    CHECK(each.armed() == (each.due() > at(49)));
  queue.fire(at(100));
  CHECK(fired.size() == probes.size());
  CHECK(std::is_sorted(fired.begin(), fired.end()));
  CHECK_FALSE(queue.next());
}

TEST_CASE("a cancelled timer does not fire, even when cancelled by one that "
          "fires with it") {
  timer_queue queue;
  probe first;
  probe second;
  int fired = 0;
  first.action = [&](probe&) {
    ++fired;
    second.cancel();
  };
  second.action = [&](probe&) { ++fired; };
  queue.arm(first, at(1));
  queue.arm(second, at(2));
  queue.fire(at(5));
  CHECK(fired == 1);
}

TEST_CASE("a timer that arms itself anew does not keep fire from returning") {
  timer_queue queue;
  probe again;
  int fired = 0;
  again.action = [&](probe& self) {
    ++fired;
    queue.arm(self, at(0));
  };
  queue.arm(again, at(0));
  queue.fire(at(1));
  CHECK(fired == 1);
  CHECK(queue.next() == at(0));
  again.cancel();
}

TEST_CASE("arming an armed timer moves it") {
  timer_queue queue;
  probe one;
  int fired = 0;
  one.action = [&](probe&) { ++fired; };
  queue.arm(one, at(1));
  queue.arm(one, at(10));
  queue.fire(at(5));
  CHECK(fired == 0);
  queue.fire(at(10));
  CHECK(fired == 1);
}
