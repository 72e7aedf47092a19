// Goal: which requests begin, and what the others are told. Method: the core
// alone; at the end a simulated application at five times its capacity.

#include "trigger/gate.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace serval;
using namespace std::literals;

namespace {

request_context with(duration within, priority of = priority::high) {
  request_context context;
  context.deadline = time_point{1h} + within;
  context.priority = of;
  return context;
}

struct fixture {
  std::shared_ptr<admission> places;
  gate subject;
  time_point now{1h};

  explicit fixture(std::uint32_t limit = 100)
    : places(std::make_shared<admission>(limit)), subject("app", places, 1) {
    // nop
  }

  bool enters(const request_context& request, gate::load present = {}) {
    return !subject.enter(request, present, now);
  }

  /// Lets a request in that queues for `queueing` and takes `took`.
  void serve(duration queueing, duration took,
             const outcome& what = outcome::success("")) {
    gate::pass pass{queueing, now};
    REQUIRE(places->try_enter(priority::high));
    subject.leave(pass, what, now + took);
  }
};

} // namespace

TEST_CASE("a share of the places is for high priority alone") {
  fixture f{8};
  int low = 0;
  while (f.enters(with(1s, priority::low)))
    ++low;
  CHECK(low == 6);
  CHECK(f.enters(with(1s)));
  CHECK(f.enters(with(1s)));
  CHECK_FALSE(f.enters(with(1s)));
  CHECK(f.places->in_progress() == 8);
  for (int i = 0; i < 3; ++i)
    f.subject.leave();
  CHECK(f.enters(with(1s, priority::low)));
  CHECK_FALSE(f.enters(with(1s, priority::low)));
}

TEST_CASE("a single place is for everybody") {
  fixture f{1};
  CHECK(f.enters(with(1s, priority::low)));
}

TEST_CASE("what cannot be answered in its time is refused at once") {
  fixture f;
  for (int i = 0; i < 50; ++i)
    f.serve(10ms, 60ms); // 50 ms beyond the queue.
  CHECK(f.enters(with(200ms), {100ms}));
  auto refused = f.subject.enter(with(200ms), {170ms}, f.now);
  REQUIRE(refused);
  CHECK(refused->code == errc::overload);
  CHECK(refused->retry_after >= 1s);
  CHECK(f.enters(with(10s), {170ms}));
}

TEST_CASE("without a queue, or behind a short one, nobody is foretold") {
  fixture f;
  for (int i = 0; i < 50; ++i)
    f.serve(10ms, 10s, outcome::failure(errc::deadline_exceeded, ""));
  CHECK(f.enters(with(100ms)));
  CHECK(f.enters(with(100ms), {6ms}));
  CHECK_FALSE(f.enters(with(100ms), {10ms}));
}

TEST_CASE("failures that say nothing about time are not learnt from") {
  fixture f;
  for (int i = 0; i < 50; ++i)
    f.serve(10ms, 5s, outcome::failure(errc::worker_died, ""));
  CHECK(f.enters(with(100ms), {50ms}));
}

TEST_CASE("a deadline that has passed is not for the gate to tell") {
  fixture f;
  CHECK(f.enters(with(-1s), {50ms}));
}

TEST_CASE("when memory is short, low priority goes first, then all") {
  fixture f;
  auto at = [&](memory_stage stage, priority of) {
    return f.enters(with(1s, of), {0ms, stage});
  };
  using enum memory_stage;
  CHECK(at(shrink, priority::low));
  CHECK_FALSE(at(shed_low, priority::low));
  CHECK(at(shed_low, priority::high));
  CHECK_FALSE(at(refuse, priority::high));
  CHECK_FALSE(at(critical, priority::high));
}

TEST_CASE("only failures for want of capacity say when to come back") {
  fixture f;
  auto advised = [&](outcome what) {
    f.subject.advise(what, 5s);
    return what.retry_after;
  };
  CHECK(advised(outcome::failure(errc::no_worker, "")) >= 5s);
  CHECK(advised(outcome::failure(errc::overload, "")) >= 5s);
  CHECK(advised(outcome::failure(errc::deadline_exceeded, "")) == 0s);
  CHECK(advised(outcome::success("")) == 0s);
}

namespace {

/// One worker that answers first come, first served, in `service` each, and
/// clients that come five times as fast and give up after `patience`.
struct overloaded_application {
  static constexpr duration service = 5ms;
  static constexpr duration interval = 1ms;
  static constexpr duration patience = 200ms;

  fixture world{1000};
  struct waiting {
    time_point deadline;
    gate::pass pass;
  };
  std::deque<waiting> queue;
  time_point free_at{1h};
  int in_time = 0;
  int late = 0;
  int refused = 0;

  /// The worker ends what it can until `now`.
  void work() {
    while (!queue.empty() && free_at <= world.now) {
      auto next = queue.front();
      queue.pop_front();
      auto begun = std::max(free_at, next.pass.since);
      if (begun >= next.deadline) {
        // Its map has ended; the worker never saw it.
        end(next, next.deadline, false);
        continue;
      }
      free_at = begun + service;
      end(next, std::min(free_at, next.deadline), free_at <= next.deadline);
    }
  }

  void end(const waiting& request, time_point when, bool good) {
    ++(good ? in_time : late);
    world.subject.leave(request.pass,
                        good ? outcome::success("")
                             : outcome::failure(errc::deadline_exceeded, ""),
                        when);
  }

  void arrive() {
    request_context context;
    context.deadline = world.now + patience;
    gate::load present{static_cast<duration::rep>(queue.size()) * service};
    if (!world.enters(context, present))
      ++refused;
    else
      queue.push_back({context.deadline, {present.queueing, world.now}});
  }

  void run(duration span) {
    for (auto end = world.now + span; world.now < end;
         world.now += interval) {
      work();
      arrive();
    }
  }
};

} // namespace

TEST_CASE("at five times the capacity nearly all work is for answers in time") {
  overloaded_application app;
  app.run(1s); // Learns.
  app.in_time = app.late = app.refused = 0;
  app.run(60s);
  CHECK(app.in_time >= 12'000 * 95 / 100);
  CHECK(app.late <= 120);
  CHECK(app.refused > 40'000);
}
