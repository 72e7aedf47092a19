#include "dispatcher/backend_pool.hpp"

#include "dispatcher/map_state.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

TEST_CASE("what is sent ahead follows how long calls keep a worker busy") {
  backend_pool pool{"leaf", 1000, false};
  auto worker = pool.add({worker_id{1}, 2, true});
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
  auto small = pool.add({worker_id{1}, 2, true});
  auto large = pool.add({worker_id{2}, 100, true});
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
  auto worker = pool.add({worker_id{1}, 10, true});
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
  auto one = pool.add({worker_id{1}, 2, true});
  auto two = pool.add({worker_id{2}, 2, true});
  pool.drain(one);
  for (int i = 0; i < 20; ++i)
    CHECK(pool.choose(true, random) == two);
  pool.remove(two);
  CHECK_FALSE(pool.choose(true, random));
  CHECK(pool.up_count() == 0);
}
