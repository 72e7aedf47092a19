// Goal: artifacts that are needed stay, and the others go before the disk is
// full. Method: the choice with times of the test's own; then a folder.
#include "control/artifact_quota.hpp"

#include "base/sha256.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace serval;
using namespace std::chrono_literals;

namespace {

const auto now = std::chrono::file_clock::now();

stored_artifact artifact(std::string name, std::uint64_t bytes,
                         std::chrono::minutes unused_for) {
  return {std::move(name), bytes, now - unused_for};
}

std::vector<std::string> names(const std::vector<stored_artifact>& all) {
  std::vector<std::string> out;
  for (const auto& each : all)
    out.push_back(each.sha256);
  return out;
}

using strings = std::vector<std::string>;

/// A store with a limit of 100 bytes.
struct small_store {
  temporary_directory folder;
  artifact_store store{folder.path() / "artifacts"};
  result<std::set<std::string>> needed = std::set<std::string>{};
  std::vector<std::string> removed;
  artifact_quota uut{{store, 100, [this] { return needed; },
                      [this](const std::string& sha256) {
                        removed.push_back(sha256);
                      },
                      [] { return now; }}};

  /// Keeps an artifact of 40 bytes that was last used two hours ago.
  std::string put(char fill) {
    std::string bytes(40, fill);
    auto name = sha256_hex(bytes);
    REQUIRE(store.put(name, bytes));
    std::filesystem::last_write_time(store.path_of(name), now - 2h);
    return name;
  }
};

} // namespace

TEST_CASE("what was not used for longest goes first, no more than it takes") {
  std::vector<stored_artifact> there{artifact("a", 10, 90min),
                                     artifact("b", 10, 120min),
                                     artifact("c", 10, 100min)};
  auto chosen = [&](std::uint64_t bytes, std::uint64_t bytes_max) {
    return names(choose_garbage(there, {}, bytes, bytes_max, now));
  };
  CHECK(chosen(10, 40).empty());
  CHECK(chosen(11, 40) == strings{"b"});
  CHECK(chosen(21, 40) == strings{"b", "c"});
  CHECK(chosen(0, 0) == strings{"b", "c", "a"});
}

TEST_CASE("what is needed stays, and what was used lately") {
  std::vector<stored_artifact> there{artifact("old", 10, 120min),
                                     artifact("needed", 10, 500min),
                                     artifact("new", 10, 59min)};
  CHECK(names(choose_garbage(there, {"needed"}, 0, 0, now)) == strings{"old"});
}

TEST_CASE("an artifact makes others go that nothing needs, or is refused") {
  small_store one;
  auto first = one.put('a');
  auto second = one.put('b');
  CHECK(one.uut.make_room(20));
  CHECK(one.store.list().size() == 2);
  one.needed = std::set{first};
  CHECK(one.uut.make_room(40));
  CHECK(one.store.has(first));
  CHECK_FALSE(one.store.has(second));
  CHECK(one.removed == strings{second});
  auto refused = one.uut.make_room(61);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::store_failed);
  CHECK(refused.error().message.find("node.artifacts_max")
        != std::string::npos);
  CHECK(one.store.has(first));
}

TEST_CASE("nothing is removed while it is unknown what is needed") {
  small_store one;
  auto first = one.put('a');
  one.needed = error{errc::unavailable, "no connection"};
  auto refused = one.uut.make_room(100);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("no connection") != std::string::npos);
  CHECK(one.store.has(first));
}

TEST_CASE("an artifact that is used is not the longest unused any more") {
  small_store one;
  auto first = one.put('a');
  CHECK(one.store.use(first));
  CHECK_FALSE(one.uut.make_room(100));
  CHECK(one.store.has(first));
  CHECK_FALSE(one.store.use(sha256_hex("nothing")));
}
