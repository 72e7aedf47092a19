// Goal: an operator can look at a store without touching it. Method: compare
// every byte of it before and after.
#include "store/rocksdb_inspection.hpp"

#include "store/sample_store.hpp"
#include "support/temporary_directory.hpp"

using namespace serval;

namespace {

namespace fs = std::filesystem;

using journals = std::map<std::string, journal>;

result<store_summary> read_all(const fs::path& directory, journals& found,
                               const std::string& only = {}) {
  return read_store(directory, only,
                    [&](const std::string& app, const journal& read) {
                      found[app] = read;
                    });
}

} // namespace

TEST_CASE("looking at a store tells everything and changes nothing") {
  temporary_directory directory;
  write_changes(directory.path(), "a", 3);
  write_changes(directory.path(), "b", 2);
  auto before = files_below(directory.path());
  auto summary = verify_store(directory.path());
  REQUIRE(summary);
  CHECK(summary->applications == 2);
  CHECK(summary->changes == 5);
  CHECK(summary->entries == 5);
  CHECK(summary->batch == 7);
  CHECK(summary->acknowledged == 7);
  CHECK(summary->epoch.value == 2);
  journals found;
  REQUIRE(read_all(directory.path(), found));
  CHECK(found.size() == 2);
  CHECK(found["a"].entries.size() == 3);
  CHECK(found["b"].entries[1].change == scale_change(2));
  found.clear();
  REQUIRE(read_all(directory.path(), found, "b"));
  CHECK(found.size() == 1);
  CHECK(read_all(directory.path(), found, "c").error().code
        == errc::not_found);
  CHECK(files_below(directory.path()) == before);
}

TEST_CASE("a store that a daemon has is refused, several readers are fine") {
  temporary_directory directory;
  write_changes(directory.path(), "a", 1);
  journals found;
  CHECK(read_all(directory.path(), found));
  auto daemon = open_rocksdb_store(directory.path());
  auto refused = verify_store(directory.path());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(refused.error().message.find("serval backup") != std::string::npos);
}

TEST_CASE("where there is no store nothing is made") {
  temporary_directory directory;
  auto refused = verify_store(directory.path());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::not_found);
  CHECK(fs::is_empty(directory.path()));
  CHECK(verify_store(directory.path() / "x").error().code == errc::not_found);
}

TEST_CASE("of a journal that lost its mark all is shown, and it is refused") {
  temporary_directory directory;
  write_changes(directory.path(), "a", 3);
  fs::remove(directory.path() / "high_water_mark");
  journals found;
  auto refused = read_all(directory.path(), found);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::corrupt);
  CHECK(found["a"].entries.size() == 3);
}
