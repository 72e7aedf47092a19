#include "store/rocksdb_backup.hpp"

#include "store/sample_store.hpp"
#include "support/temporary_directory.hpp"

#include <atomic>
#include <thread>

using namespace serval;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

TEST_CASE("a restored store's epochs begin above all that can have been") {
  CHECK(epoch_after_restore({0}).value == 1'000'000'000);
  CHECK(epoch_after_restore({7}).value == 1'000'000'000);
  CHECK(epoch_after_restore({1'000'000'000}).value == 2'000'000'000);
  CHECK(epoch_after_restore({1'000'000'007}).value == 2'000'000'000);
}

TEST_CASE("a backup of an open store has all that was acknowledged, and is "
          "whole, while others write") {
  temporary_directory directory;
  auto opened = open_rocksdb_store(directory.path() / "live");
  REQUIRE(opened);
  auto& store = **opened;
  auto epoch = store.lease("n1", 1h)->epoch;
  std::atomic<std::uint64_t> acknowledged = 0;
  std::atomic<bool> stop = false;
  std::thread writer{[&] {
    sequence last;
    while (!stop) {
      auto done = store.append({"a", epoch, last, {}, {scale_change(1)}});
      if (!done)
        return;
      last = *done;
      acknowledged = last.value;
      acknowledged.notify_one();
    }
  }};
  for (int i = 0; i < 3; ++i) {
    acknowledged.wait(acknowledged);
    auto before = acknowledged.load();
    auto copy = directory.path() / ("copy" + std::to_string(i));
    auto made = store.back_up(copy);
    REQUIRE(made);
    CHECK(made->changes >= before);
    CHECK(verify_store(copy)->changes == made->changes);
  }
  stop = true;
  writer.join();
}

TEST_CASE("a copy leads again under an epoch above the backup's, and loses "
          "nothing") {
  temporary_directory directory;
  auto from = directory.path() / "from";
  auto to = directory.path() / "to";
  write_changes(from, "a", 3);
  auto before = files_below(from);
  REQUIRE(copy_closed_store(from, to));
  CHECK(files_below(from) == before);
  auto resumed = resume_copy(to);
  REQUIRE(resumed);
  CHECK(resumed->epoch.value == 1'000'000'000);
  CHECK(verify_store(to)->acknowledged == resumed->batch);
  auto opened = open_rocksdb_store(to);
  REQUIRE(opened);
  CHECK((*opened)->lease("n2", 1h)->epoch.value == 1'000'000'001);
  CHECK((*opened)->append({"a", {2}, {3}, {}, {scale_change(4)}}).error().code
        == errc::stale_epoch);
  CHECK((*opened)->read("a")->entries.size() == 3);
}

TEST_CASE("a damaged store is not copied") {
  temporary_directory directory;
  auto from = directory.path() / "from";
  write_changes(from, "a", 3);
  fs::remove(from / "high_water_mark");
  auto refused = copy_closed_store(from, directory.path() / "to");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::corrupt);
  CHECK_FALSE(fs::exists(directory.path() / "to"));
}
