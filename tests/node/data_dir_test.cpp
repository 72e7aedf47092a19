#include "node/data_dir.hpp"

#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace serval;

TEST_CASE("a data directory is created, and locked while it is in use") {
  temporary_directory folder;
  auto path = folder.path().string() + "/a/b";
  {
    auto first = data_dir::open(path);
    REQUIRE(first.has_value());
    auto second = data_dir::open(path);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == errc::conflict);
    CHECK(second.error().message.find(path) != std::string::npos);
  }
  CHECK(data_dir::open(path).has_value());
}

TEST_CASE("a path that cannot be a directory is refused with its name") {
  temporary_directory folder;
  auto path = folder.path().string() + "/file";
  std::ofstream{path} << "x";
  auto opened = data_dir::open(path);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().message.find(path) != std::string::npos);
}

TEST_CASE("endpoints are written whole and removed when stale") {
  temporary_directory folder;
  auto opened = data_dir::open(folder.path().string());
  REQUIRE(opened.has_value());
  auto file = folder.path().string() + "/endpoints.json";
  REQUIRE(opened->write_endpoints({"127.0.0.1:1", "127.0.0.1:2", "[::1]:3"})
            .has_value());
  std::stringstream text;
  text << std::ifstream{file}.rdbuf();
  CHECK(text.str()
        == R"({"http": "127.0.0.1:1", "rpc": "127.0.0.1:2", )"
           R"("admin": "[::1]:3"})"
           "\n");
  opened->remove_endpoints();
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("a data directory is taken over with its lock, and no other one") {
  temporary_directory folder;
  auto path = folder.path().string() + "/a";
  std::optional<result<data_dir>> first{data_dir::open(path)};
  REQUIRE(*first);
  unique_fd lock{::dup((*first)->lock())};
  auto elsewhere = folder.path().string() + "/b";
  REQUIRE(data_dir::open(elsewhere));
  auto wrong = data_dir::take_over(elsewhere,
                                   unique_fd{::dup(lock.get())});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == errc::conflict);
  auto second = data_dir::take_over(path, std::move(lock));
  REQUIRE(second);
  // It stays locked when the first owner is gone.
  first.reset();
  CHECK_FALSE(data_dir::open(path));
}
