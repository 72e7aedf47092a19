#include "control/artifact_store.hpp"

#include "base/sha256.hpp"

#include <doctest/doctest.h>

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace serval;

namespace {

namespace fs = std::filesystem;

struct scratch {
  std::string path;

  scratch() {
    std::string name = fs::temp_directory_path() / "serval_artifacts_XXXXXX";
    path = ::mkdtemp(name.data());
  }

  ~scratch() {
    fs::remove_all(path);
  }

  std::size_t files() const {
    return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(path + "/a"), {}));
  }
};

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

TEST_CASE("an artifact is kept under its hash, for this user alone") {
  scratch folder;
  artifact_store store(folder.path + "/a");
  std::string bytes("elf\0bytes", 9);
  auto hash = sha256_hex(bytes);
  CHECK_FALSE(store.has(hash));
  REQUIRE(store.put(hash, bytes).has_value());
  CHECK(store.has(hash));
  CHECK(text_of(store.path_of(hash)) == bytes);
  struct stat info {};
  REQUIRE(::stat(store.path_of(hash).c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  REQUIRE(::stat((folder.path + "/a").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
}

TEST_CASE("keeping an artifact again changes nothing") {
  scratch folder;
  artifact_store store(folder.path + "/a");
  auto hash = sha256_hex("x");
  REQUIRE(store.put(hash, "x").has_value());
  REQUIRE(store.put(hash, "x").has_value());
  CHECK(folder.files() == 1);
}

TEST_CASE("bytes that do not have the hash leave nothing behind") {
  scratch folder;
  artifact_store store(folder.path + "/a");
  REQUIRE(store.put(sha256_hex("good"), "good").has_value());
  auto kept = store.put(sha256_hex("x"), "y");
  REQUIRE_FALSE(kept.has_value());
  CHECK(kept.error().code == errc::bad_request);
  CHECK(folder.files() == 1);
}

TEST_CASE("a folder that cannot be made is an error that names it") {
  artifact_store store("/proc/no/such");
  auto kept = store.put(sha256_hex("x"), "x");
  REQUIRE_FALSE(kept.has_value());
  CHECK(kept.error().message.find("/proc/no/such") != std::string::npos);
}

TEST_CASE("an artifact can come in parts, and again where it was cut off") {
  scratch folder;
  artifact_store store(folder.path + "/a");
  auto hash = sha256_hex("0123456789");
  CHECK(store.part_size(hash) == 0);
  REQUIRE(store.put_part(hash, 0, "0123xx"));
  CHECK(store.part_size(hash) == 6);
  REQUIRE(store.put_part(hash, 4, "456789"));
  CHECK_FALSE(store.has(hash));
  REQUIRE(store.complete(hash));
  CHECK(text_of(store.path_of(hash)) == "0123456789");
  CHECK(folder.files() == 1);
}

TEST_CASE("parts that are not the artifact are thrown away") {
  scratch folder;
  artifact_store store(folder.path + "/a");
  auto hash = sha256_hex("0123456789");
  REQUIRE(store.put_part(hash, 0, "0123456788"));
  auto done = store.complete(hash);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == errc::corrupt);
  CHECK(store.part_size(hash) == 0);
  CHECK_FALSE(store.has(hash));
}

TEST_CASE("an artifact is read part by part") {
  scratch folder;
  artifact_store store(folder.path + "/a");
  auto hash = sha256_hex("0123456789");
  CHECK(store.read_part(hash, 0, 4).error().code == errc::not_found);
  CHECK(store.size_of(hash).error().code == errc::not_found);
  REQUIRE(store.put(hash, "0123456789"));
  CHECK(store.size_of(hash).value() == 10);
  CHECK(store.read_part(hash, 0, 4).value() == "0123");
  CHECK(store.read_part(hash, 8, 4).value() == "89");
  CHECK(store.read_part(hash, 10, 4).value().empty());
}
