#include "cli/token_file.hpp"

#include "base/sha256.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <fstream>
#include <iterator>

using namespace serval;

namespace {

token_entry entry_of(std::string name) {
  token_entry entry;
  entry.sha256 = sha256_hex(name);
  entry.name = std::move(name);
  entry.scopes[0] = true;
  return entry;
}

std::string text_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

TEST_CASE("tokens are added to a file that only its owner can read") {
  temporary_directory folder;
  auto path = folder.path().string() + "/tokens";
  REQUIRE(add_token(path, entry_of("a")).has_value());
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  REQUIRE(add_token(path, entry_of("b")).has_value());
  auto table = token_table::parse(text_of(path), path);
  REQUIRE(table);
  CHECK(table->entries() == std::vector{entry_of("a"), entry_of("b")});
}

TEST_CASE("a token is not added where it would spoil the file") {
  temporary_directory folder;
  auto path = folder.path().string() + "/tokens";
  REQUIRE(add_token(path, entry_of("a")).has_value());
  auto before = text_of(path);
  CHECK_FALSE(add_token(path, entry_of("a")).has_value());
  ::chmod(path.c_str(), 0644);
  CHECK_FALSE(add_token(path, entry_of("b")).has_value());
  CHECK(text_of(path) == before);
}

TEST_CASE("a last line without its end is ended first") {
  temporary_directory folder;
  auto path = folder.path().string() + "/tokens";
  std::ofstream{path} << "# mine";
  ::chmod(path.c_str(), 0600);
  REQUIRE(add_token(path, entry_of("a")).has_value());
  CHECK(text_of(path) == "# mine\n" + to_line(entry_of("a")));
}

TEST_CASE("a token file holds one token, which others cannot read") {
  temporary_directory folder;
  auto path = folder.path().string() + "/mine";
  auto read = [&](std::string_view text, mode_t mode) {
    std::ofstream{path} << text;
    ::chmod(path.c_str(), mode);
    return read_token_file(path);
  };
  auto token = read("serval_abc\n", 0600);
  REQUIRE(token);
  CHECK(*token == "serval_abc");
  CHECK_FALSE(read("serval_abc\n", 0640).has_value());
  for (auto text : {"", "\n", "a b", "a\nb\n"})
    CHECK_FALSE(read(text, 0600).has_value());
}
