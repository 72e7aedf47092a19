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
  map.wait_again(again, true);
  CHECK_FALSE(map.may_wait_again(again, true));
  CHECK(map.may_wait_again(again, false));
  map.close();
  map.open(2, make_map(2, time_point::max()), pool, expired,
           time_point{});
  CHECK(map.waiting_count() == 2);
  CHECK(map.open_count == 2);
  CHECK(map.success_count == 0);
  CHECK(map.may_wait_again(again, true));
  CHECK_FALSE(map.settled());
}

TEST_CASE("pieces are taken out of those that wait and the rest keep order") {
  backend_pool pool{"leaf", 10, false};
  std::vector<map_state*> expired;
  map_state map;
  map_request request;
  request.pieces.resize(6);
  request.context = std::make_shared<const request_context>();
  map.open(1, std::move(request), pool, expired, time_point{});
  CHECK(map.take_waiting() == 0);
  auto taken = map.take_waiting_if(
    [](std::uint32_t piece) { return piece == 2 || piece == 5; });
  CHECK(taken == std::vector<std::uint32_t>{2, 5});
  CHECK(map.waiting_count() == 3);
  for (std::uint32_t next : {1, 3, 4})
    CHECK(map.take_waiting() == next);
}
