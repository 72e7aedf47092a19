#include "backend/process_memory.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>

using namespace serval;

TEST_CASE("what a process writes to is resident") {
  constexpr std::size_t size = 64 << 20;
  auto before = resident_bytes(::getpid());
  CHECK(before > 0);
  std::unique_ptr<char[]> block{new char[size]};
  std::memset(block.get(), 1, size);
  CHECK(resident_bytes(::getpid()) > before + size / 2);
}

TEST_CASE("a process that is gone has no memory") {
  auto child = ::fork();
  if (child == 0)
    ::_exit(0);
  ::waitpid(child, nullptr, 0);
  CHECK(resident_bytes(child) == 0);
}
