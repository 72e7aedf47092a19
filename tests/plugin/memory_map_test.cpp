// Whether the text of /proc/PID/maps names a file.

#include "plugin/memory_map.hpp"

#include <doctest/doctest.h>

namespace {

constexpr const char* maps
  = "55f0-55f1 r--p 00000000 08:01 1311 /usr/bin/serval\n"
    "7f00-7f01 r-xp 00001000 00:1a 4242      /srv/my plugin.so\n"
    "7f02-7f03 r-xp 00001000 00:01 77 /memfd:plugin (deleted)\n"
    "7f04-7f05 r-xp 00001000 00:2b 99 /tmp/old.so (deleted)\n"
    "7fff-8000 rw-p 00000000 00:00 0 [stack]";

} // namespace

TEST_CASE("a file is found by its device and inode") {
  CHECK(serval::is_mapped(maps, {0, 1, 77}, ""));
  CHECK(serval::is_mapped(maps, {0, 0x1a, 4242}, ""));
  CHECK(!serval::is_mapped(maps, {0, 1, 78}, ""));
  CHECK(!serval::is_mapped(maps, {1, 1, 77}, ""));
  CHECK(!serval::is_mapped(maps, {0, 2, 77}, ""));
}

TEST_CASE("a file is found by its path, also once deleted") {
  CHECK(serval::is_mapped(maps, {}, "/srv/my plugin.so"));
  CHECK(serval::is_mapped(maps, {}, "/tmp/old.so"));
  CHECK(!serval::is_mapped(maps, {}, "/srv/my"));
  CHECK(!serval::is_mapped(maps, {}, "plugin.so"));
}

TEST_CASE("memory without a file matches nothing") {
  CHECK(!serval::is_mapped(maps, {}, ""));
  CHECK(!serval::is_mapped(maps, {0, 0, 0}, "[stack]"));
  CHECK(!serval::is_mapped("", {0, 1, 77}, "/srv/my plugin.so"));
}
