#include "base/assert.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

// That a broken assumption ends the process everywhere else is seen by nobody
// who goes on to tell.

TEST_CASE("a broken assumption is thrown, with its place, where that is asked "
          "for") {
  assertions_throw contained;
  std::string said;
  try {
    SERVAL_ASSERT(1 + 1 == 3);
  } catch (const broken_assumption& what) {
    said = what.what();
  }
  CHECK(said.find("1 + 1 == 3") != std::string::npos);
  CHECK(said.find("assert_test.cpp:") != std::string::npos);
}

TEST_CASE("an inner place where assumptions throw does not end an outer one") {
  assertions_throw outer;
  {
    assertions_throw inner;
  }
  CHECK_THROWS_AS(SERVAL_ASSERT(false), broken_assumption);
}
