#include "base/private_file.hpp"

#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <fstream>

using namespace serval;

TEST_CASE("a private file is read only while others cannot") {
  temporary_directory folder;
  auto path = folder.path().string() + "/secret";
  std::ofstream{path} << "hush";
  auto read = [&](mode_t mode, private_to allowed) {
    ::chmod(path.c_str(), mode);
    return read_private_file(path, allowed, "the secret");
  };
  for (mode_t mode : {0600, 0400}) {
    auto bytes = read(mode, private_to::owner);
    REQUIRE(bytes);
    CHECK(*bytes == "hush");
  }
  for (mode_t mode : {0640, 0604, 0620, 0602, 0644, 0666}) {
    auto bytes = read(mode, private_to::owner);
    REQUIRE_FALSE(bytes.has_value());
    CHECK(bytes.error().message
          == "cannot use the secret " + path
               + ": others can read or change it; run `chmod 600 " + path
               + "`");
  }
  CHECK(read(0640, private_to::group).has_value());
  for (mode_t mode : {0660, 0644, 0641})
    CHECK_FALSE(read(mode, private_to::group).has_value());
  CHECK(read(0644, private_to::none).has_value());
}

TEST_CASE("what is no file, or too much of one, is refused at once") {
  temporary_directory folder;
  auto here = folder.path().string();
  auto path = here + "/thing";
  CHECK_FALSE(read_private_file(path, private_to::none, "it").has_value());
  CHECK_FALSE(read_private_file(here, private_to::none, "it").has_value());
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_FALSE(read_private_file(path, private_to::none, "it").has_value());
  CHECK_FALSE(
    read_private_file("/dev/zero", private_to::none, "it").has_value());
  auto large = here + "/large";
  std::ofstream{large} << std::string((1 << 20) + 1, 'x');
  CHECK(read_private_file(large, private_to::none, "it").error().code
        == errc::body_too_large);
}
