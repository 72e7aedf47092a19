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

TEST_CASE("a crash and an exit are a process's own doing, a kill is not") {
  CHECK(is_own_doing({true, SIGSEGV}));
  CHECK(is_own_doing({true, SIGABRT}));
  CHECK(is_own_doing({false, 0}));
  CHECK_FALSE(is_own_doing({true, SIGKILL}));
  CHECK_FALSE(is_own_doing({true, SIGTERM}));
}
