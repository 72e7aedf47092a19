#include "store/disk_reserve.hpp"

#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

using namespace serval;

namespace {

constexpr std::uint64_t mib = 1 << 20;

/// What the file has of the disk.
std::uint64_t allocated(const std::filesystem::path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0
           ? static_cast<std::uint64_t>(info.st_blocks) * 512
           : 0;
}

} // namespace

TEST_CASE("a reserve is allocated while there is room, and given up once") {
  temporary_directory folder;
  auto file = folder.path() / "reserve";
  disk_reserve uut{file, 2 * mib};
  uut.take(3 * mib - 1, mib);
  CHECK(allocated(file) == 0);
  CHECK(uut.missing() == 2 * mib);
  uut.take(3 * mib, mib);
  CHECK(allocated(file) >= 2 * mib);
  CHECK(uut.missing() == 0);
  CHECK(uut.give_up());
  CHECK_FALSE(uut.give_up());
  CHECK(allocated(file) == 0);
  CHECK(uut.missing() == 2 * mib);
}

TEST_CASE("a reserve that another program has taken counts") {
  temporary_directory folder;
  auto file = folder.path() / "reserve";
  disk_reserve{file, 2 * mib}.take(8 * mib, 0);
  CHECK(disk_reserve(file, 2 * mib).missing() == 0);
  CHECK(disk_reserve(file, 5 * mib).missing() == 3 * mib);
  CHECK(disk_reserve(file, mib).missing() == 0);
  disk_reserve none{file, 0};
  CHECK(none.missing() == 0);
  none.take(8 * mib, 0);
  CHECK(none.give_up());
}

TEST_CASE("a reserve that cannot be had is done without") {
  temporary_directory folder;
  disk_reserve uut{folder.path() / "nowhere" / "reserve", mib};
  uut.take(8 * mib, 0);
  CHECK(uut.missing() == mib);
  CHECK_FALSE(uut.give_up());
}
