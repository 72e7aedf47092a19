#include "backend/plugin_image.hpp"

#include "backend/temporary_file.hpp"
#include "base/sha256.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <string>

using namespace serval;

TEST_CASE("an image holds the file's bytes, however large") {
  std::string content(3'000'000, 'x');
  content += "end";
  temporary_file file{content};
  auto image = plugin_image::load(file.path(), sha256_hex(content));
  REQUIRE(image);
  std::string copy(content.size() + 1, 0);
  CHECK(::pread(image->fd(), copy.data(), copy.size(), 0)
        == static_cast<ssize_t>(content.size()));
  copy.pop_back();
  CHECK((copy == content));
}

TEST_CASE("nobody can change an image") {
  temporary_file file{"content"};
  auto image = plugin_image::load(file.path(), sha256_hex("content"));
  REQUIRE(image);
  CHECK(::pwrite(image->fd(), "X", 1, 0) < 0);
  CHECK(::ftruncate(image->fd(), 0) != 0);
  CHECK(::mmap(nullptr, 7, PROT_WRITE, MAP_SHARED, image->fd(), 0)
        == MAP_FAILED);
}

TEST_CASE("a file with another hash is refused") {
  temporary_file file{"content"};
  auto image = plugin_image::load(file.path(), sha256_hex("other"));
  REQUIRE(!image);
  CHECK(image.error().code == errc::corrupt);
  CHECK(image.error().message.find(file.path()) != std::string::npos);
}

TEST_CASE("a missing file is named") {
  auto image = plugin_image::load("/no/such/plugin.so", sha256_hex(""));
  REQUIRE(!image);
  CHECK(image.error().message
        == "cannot open plugin /no/such/plugin.so: No such file or directory");
}
