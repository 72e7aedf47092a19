// Goal: the embedded store never presents less than it acknowledged. Method:
// open it again, whole and damaged.
#include "store/rocksdb_store.hpp"

#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace serval;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

app_change scaled(std::uint32_t workers) {
  return {{"op", "maria", "test"}, workers_scaled{{1}, "bank", workers}};
}

void write_journal(const fs::path& directory, std::uint32_t changes) {
  auto opened = open_rocksdb_store(directory);
  REQUIRE(opened);
  auto& store = **opened;
  auto epoch = store.lease("n1", 1h)->epoch;
  for (std::uint32_t i = 0; i < changes; ++i)
    REQUIRE(store.append({"a", epoch, {i}, {}, {scaled(i + 1)}}));
}

fs::path newest_log(const fs::path& directory) {
  fs::path newest;
  for (const auto& entry : fs::directory_iterator{directory / "journal"})
    if (entry.path().extension() == ".log")
      newest = std::max(newest, entry.path());
  return newest;
}

void flip_bit(const fs::path& path, std::uintmax_t at) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekg(static_cast<std::streamoff>(at));
  auto byte = static_cast<char>(file.get() ^ 0x40);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

void check_refused(const fs::path& directory, std::string_view names) {
  auto opened = open_rocksdb_store(directory);
  REQUIRE_FALSE(opened);
  CAPTURE(opened.error().message);
  CHECK(opened.error().code == errc::corrupt);
  CHECK(opened.error().message.find(names) != std::string::npos);
}

} // namespace

TEST_CASE("an embedded store knows everything when it is opened again") {
  temporary_directory directory;
  write_journal(directory.path(), 10);
  auto opened = open_rocksdb_store(directory.path());
  REQUIRE(opened);
  auto& store = **opened;
  auto read = store.read("a");
  REQUIRE(read);
  CHECK(read->last.value == 10);
  CHECK(read->entries.size() == 10);
  CHECK(*store.applications() == std::vector<std::string>{"a"});
  // Whoever leads now has a higher epoch than all before.
  CHECK(store.lease("n2", 1h)->epoch.value == 2);
  CHECK(store.append({"a", {1}, {10}, {}, {scaled(1)}}).error().code
        == errc::stale_epoch);
  CHECK(store.append({"a", {2}, {10}, {}, {scaled(1)}})->value == 11);
}

TEST_CASE("a store keeps its snapshot when it is opened again") {
  temporary_directory directory;
  write_journal(directory.path(), 10);
  {
    auto opened = open_rocksdb_store(directory.path());
    auto& store = **opened;
    auto epoch = store.lease("n1", 1h)->epoch;
    REQUIRE(store.snapshot("a", epoch, {9}, {store.read("a")->entries[4]}));
  }
  auto opened = open_rocksdb_store(directory.path());
  REQUIRE(opened);
  auto read = (*opened)->read("a");
  REQUIRE(read->entries.size() == 2);
  CHECK(read->entries[0].number.value == 5);
  CHECK(read->entries[1].number.value == 10);
}

TEST_CASE("a log whose end is missing is refused by file and position") {
  temporary_directory directory;
  write_journal(directory.path(), 10);
  auto log = newest_log(directory.path());
  auto size = fs::file_size(log);
  SUBCASE("cut") {
    fs::resize_file(log, size / 2);
    check_refused(directory.path(),
                  log.string() + ", byte " + std::to_string(size / 2));
  }
  SUBCASE("emptied") {
    fs::resize_file(log, 0);
    check_refused(directory.path(), log.string() + ", byte 0");
  }
  SUBCASE("deleted") {
    fs::remove(log);
    check_refused(directory.path(), "batch 11 was acknowledged");
  }
  SUBCASE("all of it deleted") {
    fs::remove_all(directory.path() / "journal");
    check_refused(directory.path(), "batch 11 was acknowledged");
  }
  // A refusal leaves everything as it was found.
  CHECK_FALSE(open_rocksdb_store(directory.path()));
}

TEST_CASE("a store whose mark is missing is refused") {
  temporary_directory directory;
  write_journal(directory.path(), 3);
  fs::remove(directory.path() / "high_water_mark");
  check_refused(directory.path(), "high_water_mark is missing");
  check_refused(directory.path(), "high_water_mark is missing");
}

TEST_CASE("a flipped bit of the log is refused, never a shorter journal") {
  temporary_directory directory;
  write_journal(directory.path(), 20);
  auto size = fs::file_size(newest_log(directory.path()));
  for (std::uintmax_t at = 0; at < size; at += size / 40 + 1) {
    CAPTURE(at);
    temporary_directory copy;
    fs::copy(directory.path(), copy.path(), fs::copy_options::recursive);
    flip_bit(newest_log(copy.path()), at);
    auto opened = open_rocksdb_store(copy.path());
    if (opened)
      CHECK((*opened)->read("a")->entries.size() == 20);
    else
      CHECK(opened.error().code == errc::corrupt);
  }
}

TEST_CASE("a data directory in use is refused to a second daemon") {
  temporary_directory directory;
  auto first = open_rocksdb_store(directory.path());
  REQUIRE(first);
  auto second = open_rocksdb_store(directory.path());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::conflict);
  CHECK(second.error().message.find("is in use by another daemon")
        != std::string::npos);
}

TEST_CASE("a data directory that cannot be made is refused by name") {
  temporary_directory directory;
  auto blocked = directory.path() / "file";
  std::ofstream{blocked} << "not a directory";
  auto opened = open_rocksdb_store(blocked / "data");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == errc::store_failed);
  CHECK(opened.error().message.find(blocked.string()) != std::string::npos);
}
