#include "backend/call_board.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace serval;

TEST_CASE("what a process wrote is still there when the process is dead") {
  auto board = call_board::make();
  REQUIRE(board);
  CHECK(board->calls().empty());
  auto child = ::fork();
  if (child == 0) {
    auto theirs = call_board::adopt(board->fd());
    theirs.at(3).call.store(42, std::memory_order_relaxed);
    theirs.at(5).call.store(43, std::memory_order_relaxed);
    theirs.at(5).call.store(0, std::memory_order_relaxed);
    ::_exit(0);
  }
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(board->calls() == std::vector<call_id>{{42}});
}

TEST_CASE("a process cannot cut off what the daemon reads") {
  auto board = call_board::make();
  REQUIRE(board);
  CHECK(::ftruncate(board->fd(), 0) != 0);
  CHECK(board->calls().empty());
}

TEST_CASE("without a board to share a process has one of its own") {
  auto board = call_board::adopt(-1);
  board.at(0).call = 7;
  CHECK(board.calls() == std::vector<call_id>{{7}});
}
