// Goal: a journal of a newer version is refused in words that tell what to do,
// and stays as it is. Method: write one by hand.
#include "store/rocksdb_store.hpp"

#include "base/sha256.hpp"
#include "store/rocksdb_database.hpp"
#include "store/rocksdb_inspection.hpp"
#include "store/rocksdb_layout.hpp"
#include "store/sample_store.hpp"
#include "support/temporary_directory.hpp"
#include "wire/journal_records.hpp"

using namespace serval;

namespace {

namespace fs = std::filesystem;

void put(const fs::path& directory, const std::string& key,
         const std::string& value) {
  auto db = open_database(database_of(directory));
  REQUIRE(db);
  rocksdb::WriteOptions options;
  options.sync = true;
  REQUIRE((*db)->Put(options, key, value).ok());
}

/// A record that says that its format is a newer one. Which byte that is, the
/// decoder tells.
std::string newer_record(const std::string& app, const journal_entry& entry) {
  auto record = encode_journal_record(app, entry);
  for (auto& byte : record) {
    auto before = byte;
    byte = static_cast<char>(byte ^ 2);
    auto read = decode_journal_record(record);
    if (!read && read.error().code == errc::unavailable)
      return record;
    byte = before;
  }
  FAIL("no byte is the format");
  return record;
}

void check_refused(const fs::path& directory, const std::string& what) {
  auto before = files_below(directory);
  auto opened = open_rocksdb_store(directory);
  REQUIRE_FALSE(opened);
  CAPTURE(opened.error().message);
  CHECK(opened.error().code == errc::unavailable);
  for (auto& part : {what, directory.string(), std::string{"newer version"}})
    CHECK(opened.error().message.find(part) != std::string::npos);
  CHECK(verify_store(directory).error().message == opened.error().message);
  CHECK(files_below(directory) == before);
}

} // namespace

TEST_CASE("a store of a newer layout is refused and left alone") {
  temporary_directory directory;
  write_changes(directory.path(), "a", 2);
  // Nothing but the number can be read.
  put(directory.path(), commit_key, "2 something else entirely");
  check_refused(directory.path(), "layout 2");
}

TEST_CASE("a store with an entry of a newer format is refused and left alone") {
  temporary_directory directory;
  write_changes(directory.path(), "a", 1);
  auto record
    = newer_record("b", {{1}, {1}, {}, scale_change(1)});
  put(directory.path(), entry_key("b", {1}), sha256_hex(record) + record);
  check_refused(directory.path(), "the journal record has format");
}

TEST_CASE("values that no version wrote are damage, named by their key") {
  for (auto key : {commit_key, lease_key}) {
    temporary_directory directory;
    write_changes(directory.path(), "a", 1);
    put(directory.path(), key, "x");
    auto opened = open_rocksdb_store(directory.path());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == errc::corrupt);
    CHECK(opened.error().message.find(key) != std::string::npos);
  }
}

TEST_CASE("an entry under an epoch that was never granted is damage") {
  temporary_directory directory;
  write_changes(directory.path(), "a", 1);
  put(directory.path(), lease_key, make_lease({{0}, "n1"}));
  auto opened = open_rocksdb_store(directory.path());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("epoch") != std::string::npos);
}
