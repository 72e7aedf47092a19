#include "backend/resident_memory.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace serval;

TEST_CASE("memory that is written to is resident") {
  auto before = resident_memory();
  CHECK(before > 0);
  constexpr std::size_t size = 64 << 20;
  std::vector<char> block(size, 'x');
  CHECK(resident_memory() >= before + size / 2);
  CHECK(block.back() == 'x');
}
