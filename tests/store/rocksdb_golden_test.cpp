// Goal: a store that an earlier version wrote can be read for ever. Method: the
// files of one lie in tests/golden.
#include "store/rocksdb_store.hpp"

#include "store/rocksdb_layout.hpp"
#include "store/sample_store.hpp"
#include "support/temporary_directory.hpp"

#include <cstdlib>
#include <set>

using namespace serval;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

/// Never edit: the files under tests/golden hold these values.
std::vector<app_change> golden_changes() {
  change_cause cause{"op-1", "maria", "because"};
  return {
    {cause, release_deployed{{1}, R"({"name":"shop"})", "c0ffee"}},
    {{}, release_promoted{{1}}},
    {cause, workers_scaled{{1}, "bank", 4}},
    {cause, release_deployed{{2}, R"({"name":"shop"})", "decaf"}},
    {{}, release_failed{{2}, "no model"}},
    {cause, application_deleted{}},
  };
}

std::vector<journal_entry> golden_entries(epoch term) {
  std::vector<journal_entry> entries;
  for (auto& change : golden_changes())
    entries.push_back({{entries.size() + 1}, term, wall_time{1'700'000'000s},
                       std::move(change)});
  return entries;
}

/// A journal as it was written, one behind a snapshot, in a table and a log.
void write_golden(const fs::path& directory) {
  for (auto* app : {"compacted", "whole"}) {
    auto opened = open_rocksdb_store(directory);
    REQUIRE(opened);
    auto& store = **opened;
    auto term = store.lease("n1", 1h)->epoch;
    REQUIRE(store.append({app, term, {0}, wall_time{1'700'000'000s},
                          golden_changes()}));
    if (std::string{app} == "compacted") {
      auto kept = golden_entries(term);
      REQUIRE(store.snapshot(app, term, {4}, {kept[0], kept[3]}));
    }
  }
  for (const auto& entry : fs::directory_iterator{database_of(directory)})
    if (std::set<std::string>{"LOG", "LOCK", "IDENTITY"}.contains(
          entry.path().filename())
        || entry.path().filename().string().starts_with("OPTIONS")
        || entry.path().filename().string().starts_with("LOG."))
      fs::remove(entry.path());
}

} // namespace

TEST_CASE("a store of layout 1 stays readable, and can be written") {
  fs::path golden{std::string{GOLDEN_FOLDER} + "/store_v1"};
  // Set once, by whoever adds a layout.
  if (std::getenv("SERVAL_WRITE_GOLDEN") && !fs::exists(golden))
    write_golden(golden);
  temporary_directory copy;
  fs::copy(golden, copy.path(), fs::copy_options::recursive);
  auto opened = open_rocksdb_store(copy.path());
  REQUIRE(opened);
  auto& store = **opened;
  CHECK(*store.applications()
        == std::vector<std::string>{"compacted", "whole"});
  auto all = golden_entries({1});
  CHECK(store.read("compacted")->last.value == 6);
  CHECK(store.read("compacted")->entries
        == std::vector<journal_entry>{all[0], all[3], all[4], all[5]});
  CHECK(store.read("whole")->entries == golden_entries({2}));
  auto lease = store.lease("n2", 1h);
  CHECK(lease->epoch.value == 3);
  CHECK(store.append({"whole", {3}, {6}, {}, {scale_change(1)}})->value == 7);
}
