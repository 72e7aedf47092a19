#include "fiber/stack.hpp"

#include <doctest/doctest.h>

#include <cstring>

using namespace serval;

TEST_CASE("a stack has at least the bytes asked for, all writable") {
  stack_pool pool{10'000};
  auto one = pool.take();
  CHECK(one.usable_bytes() >= 10'000);
  auto* low = static_cast<char*>(one.top()) - one.usable_bytes();
  std::memset(low, 1, one.usable_bytes());
  pool.give_back(one);
}

TEST_CASE("a stack that was given back is taken again") {
  stack_pool pool{4096};
  auto one = pool.take();
  pool.give_back(one);
  auto two = pool.take();
  CHECK(one.base == two.base);
  pool.give_back(two);
}
