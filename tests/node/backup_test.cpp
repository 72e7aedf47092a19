#include "node/backup.hpp"

#include "base/sha256.hpp"
#include "node/data_dir.hpp"
#include "store/sample_store.hpp"
#include "support/temporary_directory.hpp"

using namespace serval;

namespace {

namespace fs = std::filesystem;

struct fixture {
  temporary_directory folder;
  std::string data = (folder.path() / "data").string();
  std::string backup = (folder.path() / "backup").string();
  std::string restored = (folder.path() / "restored").string();
  std::string artifact = data_dir::artifacts_in(data) + "/" + sha256_hex("so");

  fixture() {
    write_changes(data_dir::store_in(data), "a", 3);
    fs::create_directory(data_dir::artifacts_in(data));
    std::ofstream{artifact} << "so";
    std::ofstream{artifact + ".1.1.part"} << "s";
  }
};

} // namespace

TEST_CASE_FIXTURE(fixture, "a backup has store and artifacts, and is restored "
                           "into a new or an empty directory") {
  REQUIRE(make_backup(data, backup));
  fs::create_directory(restored);
  for (auto& to : {restored, restored + "2"}) {
    auto made = restore_backup(backup, to);
    REQUIRE(made);
    CHECK(made->changes == 3);
    CHECK(made->epoch.value == 1'000'000'000);
    auto kept = files_below(data_dir::artifacts_in(to));
    CHECK(kept.size() == 1);
    CHECK(kept.begin()->second == "so");
    CHECK_FALSE(fs::exists(to + ".partial"));
  }
}

TEST_CASE_FIXTURE(fixture, "nothing is ever written over") {
  REQUIRE(make_backup(data, backup));
  auto before = files_below(folder.path());
  for (auto& taken : {data, backup}) {
    auto refused = restore_backup(backup, taken);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::conflict);
    CHECK(refused.error().message.find(taken) != std::string::npos);
    CHECK_FALSE(make_backup(data, taken));
  }
  fs::create_directory(restored + ".partial");
  CHECK_FALSE(restore_backup(backup, restored));
  CHECK(files_below(folder.path()) == before);
}

TEST_CASE_FIXTURE(fixture, "a damaged backup is refused, and leaves nothing") {
  REQUIRE(make_backup(data, backup));
  SUBCASE("its store") {
    fs::remove(backup + "/store/high_water_mark");
  }
  SUBCASE("an artifact") {
    std::ofstream{data_dir::artifacts_in(backup) + "/" + sha256_hex("so")}
      << "sO";
  }
  auto refused = restore_backup(backup, restored);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::corrupt);
  CHECK_FALSE(fs::exists(restored));
  CHECK_FALSE(fs::exists(restored + ".partial"));
}
