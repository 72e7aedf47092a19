#include "dispatcher/map_state.hpp"

#include "dispatcher/backend_pool.hpp"
#include "dispatcher/fake_workers.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a closed map can be opened again without a trace of the old one") {
  backend_pool pool{"leaf", 10, false};
  std::vector<map_state*> expired;
  map_state map;
  map.open(1, make_map(3, time_point::max()), pool, expired,
           time_point{});
  map.set_ended(map.take_waiting(), outcome::success("x"));
  auto again = map.take_waiting();
  map.wait_again(again);
  CHECK(map.was_retried(again));
  map.close();
  map.open(2, make_map(2, time_point::max()), pool, expired,
           time_point{});
  CHECK(map.waiting_count() == 2);
  CHECK(map.open_count == 2);
  CHECK(map.success_count == 0);
  CHECK_FALSE(map.was_retried(again));
  CHECK_FALSE(map.settled());
}
