#include "base/sha256.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace serval;

namespace {

constexpr auto hash_of_abc
  = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

} // namespace

TEST_CASE("a hash is the published one, in parts as at once") {
  CHECK(sha256_hex("abc") == hash_of_abc);
  CHECK(sha256_hex("")
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  sha256_hasher hasher;
  hasher.update("a");
  hasher.update("");
  hasher.update("bc");
  CHECK(hasher.hex() == hash_of_abc);
}

TEST_CASE("a file has the hash of its bytes, also beyond one read") {
  auto path = std::filesystem::temp_directory_path()
              / ("serval_sha256_test_" + std::to_string(::getpid()));
  std::string bytes(200'000, 'x');
  std::ofstream(path, std::ios::binary) << bytes;
  auto hash = sha256_hex_of_file(path);
  std::filesystem::remove(path);
  REQUIRE(hash);
  CHECK(*hash == sha256_hex(bytes));
  CHECK_FALSE(sha256_hex_of_file(path).has_value());
}

TEST_CASE("only 64 lower-case hex digits name a file") {
  CHECK(is_sha256_hex(hash_of_abc));
  CHECK_FALSE(is_sha256_hex(""));
  CHECK_FALSE(is_sha256_hex(std::string(64, 'A')));
  CHECK_FALSE(is_sha256_hex(std::string(63, 'a')));
  CHECK_FALSE(is_sha256_hex(std::string(64, '/')));
}
