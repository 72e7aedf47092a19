#include "store/durable_directory.hpp"

#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace serval;

TEST_CASE("missing directories are created, present ones are fine") {
  temporary_directory directory;
  auto deep = directory.path() / "a" / "b" / "c";
  for (int i = 0; i < 2; ++i) {
    CHECK(make_durable_directory(deep));
    CHECK(std::filesystem::is_directory(deep));
  }
  CHECK(make_durable_directory(deep / "."));
  CHECK(make_durable_directory(directory.path() / "d" / ""));
  CHECK(sync_directory(deep));
}

TEST_CASE("a directory that cannot be created is named with the reason") {
  temporary_directory directory;
  auto file = directory.path() / "file";
  std::ofstream{file} << "not a directory";
  auto refused = make_durable_directory(file / "a");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::store_failed);
  CHECK(refused.error().message.find(file.string()) != std::string::npos);
  CHECK_FALSE(sync_directory(directory.path() / "nothing"));
}
