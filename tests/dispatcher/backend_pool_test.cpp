#include "dispatcher/backend_pool.hpp"

#include "dispatcher/map_state.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;
using namespace std::literals;

TEST_CASE("what is sent ahead follows how long calls keep a worker busy") {
  backend_pool pool{"leaf", 1000, false};
  auto worker = pool.add({worker_id{1}, 2, locality::loop});
  CHECK(pool.portion(worker, 1000) == 2); // Nothing is known yet.
  for (int i = 0; i < 50; ++i) {
    pool.sent(worker, {}, 1, {});
    pool.ended(worker, 1, 1us);
  }
  CHECK(pool.portion(worker, 1000) > 100);
  for (int i = 0; i < 50; ++i) {
    pool.sent(worker, {}, 1, {});
    pool.ended(worker, 1, 1ms);
  }
  CHECK(pool.portion(worker, 1000) == 2);
}

TEST_CASE("of two workers the one with the lower load per slot is chosen") {
  backend_pool pool{"leaf", 1000, false};
  random_source random{3};
  auto small = pool.add({worker_id{1}, 2, locality::loop});
  auto large = pool.add({worker_id{2}, 100, locality::loop});
  pool.sent(small, {}, 1, {});
  pool.sent(large, {}, 10, {});
  int larger = 0;
  for (int i = 0; i < 400; ++i)
    larger += pool.choose(false, random) == large ? 1 : 0;
  // Two random choices may be the same worker: three of four find the better.
  CHECK(larger > 240);
}

TEST_CASE("calls that came one by one do not make a burst look hopeless") {
  backend_pool pool{"leaf", 1000, false};
  auto worker = pool.add({worker_id{1}, 10, locality::loop});
  for (int i = 0; i < 50; ++i) {
    pool.sent(worker, {}, 1, time_point{});
    pool.ended(worker, 1, 100ms);
  }
  map_state map;
  map.request.context = std::make_shared<const request_context>();
  pool.add_waiting(map, 20);
  CHECK(pool.queueing(priority::high) == 200ms);
  // With all slots in use they turn out to slow each other down.
  pool.sent(worker, {}, 10, time_point{});
  for (int i = 0; i < 50; ++i) {
    pool.ended(worker, 1, 100ms);
    pool.sent(worker, {}, 1, time_point{});
  }
  CHECK(pool.queueing(priority::high) > 1900ms);
}

TEST_CASE("a worker that drains or is removed is not chosen") {
  backend_pool pool{"leaf", 1000, false};
  random_source random{3};
  auto one = pool.add({worker_id{1}, 2, locality::loop});
  auto two = pool.add({worker_id{2}, 2, locality::loop});
  pool.drain(one, {});
  for (int i = 0; i < 20; ++i)
    CHECK(pool.choose(true, random) == two);
  pool.remove(two, {});
  CHECK_FALSE(pool.choose(true, random));
  CHECK(pool.is_deserted(time_point{} + backend_pool::vacancy_max));
}

TEST_CASE("what others have at a worker makes it come second, never full") {
  backend_pool pool{"leaf", 1000, false};
  random_source random{3};
  auto shared = pool.add({worker_id{1}, 2, locality::zone});
  auto own = pool.add({worker_id{2}, 2, locality::zone});
  pool.set_load_of_others(shared, 50);
  int chosen = 0;
  for (int i = 0; i < 400; ++i)
    chosen += pool.choose(false, random) == own ? 1 : 0;
  CHECK(chosen > 240);
  pool.sent(own, {}, 2, {});
  CHECK(pool.choose(false, random) == shared);
}

TEST_CASE("a farther worker gets calls only when no nearer one has room") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    backend_pool pool{"leaf", 1000, false};
    struct known {
      backend_pool::index at;
      locality where;
      std::uint32_t concurrency;
    };
    std::vector<known> workers;
    auto room = [&](const known& worker) {
      return pool.in_flight(worker.at) < worker.concurrency;
    };
    // A node's loops are one ring for maps of several pieces.
    auto ring = [](locality where, bool single) {
      return where == locality::loop && !single ? locality::node : where;
    };
    for (int step = 0; step < 300; ++step) {
      auto what = random.below(10);
      if (workers.empty() || what == 0) {
        locality where{static_cast<std::uint8_t>(random.below(4))};
        auto concurrency = 1 + random.below(3);
        workers.push_back(
          {pool.add({worker_id{workers.size() + 1}, concurrency, where}),
           where, concurrency});
      } else if (what < 4) {
        auto& one = workers[random.below(
          static_cast<std::uint32_t>(workers.size()))];
        if (pool.in_flight(one.at) > 0)
          pool.ended(one.at, 1, 1s);
      } else {
        auto single = random.below(2) == 0;
        auto chosen = pool.choose(single, random);
        auto nearest = locality::rest;
        auto some = false;
        for (auto& each : workers)
          if (room(each)) {
            nearest = std::min(nearest, ring(each.where, single));
            some = true;
          }
        REQUIRE(chosen.has_value() == some);
        if (!chosen)
          continue;
        auto one = std::ranges::find(workers, *chosen, &known::at);
        CHECK(room(*one));
        auto where = ring(one->where, single);
        // A single piece goes off its loop to the node as a whole.
        CHECK(where == nearest);
        pool.sent(*chosen, {}, 1, {});
      }
    }
  }
}

TEST_CASE("when all workers are full, more is sent ahead to the nearest") {
  backend_pool pool{"leaf", 1000, false};
  random_source random{3};
  std::vector<backend_pool::index> workers;
  for (auto where : {locality::rest, locality::zone, locality::node}) {
    workers.push_back(pool.add({worker_id{workers.size() + 1}, 1, where}));
    for (int i = 0; i < 50; ++i) {
      pool.sent(workers.back(), {}, 1, {});
      pool.ended(workers.back(), 1, 10us);
    }
    pool.sent(workers.back(), {}, 1, {});
  }
  std::vector<std::size_t> sent(3);
  while (auto chosen = pool.choose(false, random)) {
    auto at = static_cast<std::size_t>(
      std::ranges::find(workers, *chosen) - workers.begin());
    ++sent[at];
    CHECK((at == 2 || pool.in_flight(workers[at + 1]) > 10));
    pool.sent(*chosen, {}, 1, {});
  }
  CHECK(sent[0] > 10);
}

TEST_CASE("a worker is not slow because the way to it is long") {
  for (auto where : {locality::node, locality::rest}) {
    CAPTURE(static_cast<int>(where));
    backend_pool pool{"leaf", 1000, false};
    random_source random{3};
    std::vector<backend_pool::index> workers;
    for (auto each : {locality::node, locality::node, where})
      workers.push_back(pool.add({worker_id{workers.size() + 1}, 4, each}));
    auto now = time_point{1h};
    for (std::uint64_t i = 1; i <= 50; ++i)
      for (auto worker : workers) {
        auto took = worker == workers[2] ? 20ms : 2ms;
        call_id call{i * 10 + worker};
        pool.sent(worker, call, 1, now);
        now += took;
        pool.ended(worker, 1, 1ms);
        pool.judge(worker, {call, outcome::success("")}, now);
      }
    pool.review(now, random);
    CHECK(pool.counters().ejected == (where == locality::rest ? 0 : 1));
  }
}
