#include "backend/worker_program.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>

using namespace serval;

TEST_CASE("nobody can change the program of worker processes") {
  auto program = worker_program();
  REQUIRE(program);
  std::array<char, 4> start{};
  REQUIRE(::read(program->get(), start.data(), start.size()) == 4);
  CHECK(std::string_view{start.data(), start.size()} == "\x7f""ELF");
  CHECK(::pwrite(program->get(), "x", 1, 0) == -1);
  CHECK(::ftruncate(program->get(), 0) == -1);
}
