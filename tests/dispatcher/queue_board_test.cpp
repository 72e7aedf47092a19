#include "dispatcher/queue_board.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

TEST_CASE("a request queues behind what waits on all loops") {
  queue_board board{3};
  CHECK(board.queueing(priority::high) == 0ms);
  board.set(0, 1ms, 2ms);
  board.set(2, 5ms, 5ms);
  board.set(1, 3ms, 9ms);
  CHECK(board.queueing(priority::high) == 9ms);
  CHECK(board.queueing(priority::low) == 16ms);
  board.set(1, {}, {});
  CHECK(board.queueing(priority::low) == 7ms);
}
