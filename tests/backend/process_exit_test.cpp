#include "backend/process_exit.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace serval;

TEST_CASE("an exit is told by its status, a kill by its signal's name") {
  CHECK(describe({false, 1}) == "exited with 1");
  CHECK(describe({true, SIGSEGV}) == "was killed by SIGSEGV");
  CHECK(describe({true, SIGKILL}) == "was killed by SIGKILL");
  CHECK(describe({true, 63}) == "was killed by signal 63");
}
