#include "store/high_water_mark.hpp"

#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace serval;

namespace {

void damage(const std::filesystem::path& file, long at) {
  std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
  out.seekp(at);
  out << "damage";
}

void write_marks(const std::filesystem::path& file, std::uint64_t upto) {
  auto mark = high_water_mark::open(file);
  REQUIRE(mark);
  REQUIRE(mark->reset(0));
  for (std::uint64_t i = 1; i <= upto; ++i)
    REQUIRE(mark->set(i));
}

} // namespace

TEST_CASE("a mark is there when the file is opened again") {
  temporary_directory directory;
  auto file = directory.path() / "mark";
  CHECK_FALSE(high_water_mark::open(file)->value());
  write_marks(file, 5);
  CHECK(high_water_mark::open(file)->value() == 5);
}

TEST_CASE("a torn write costs the newer of two marks only") {
  temporary_directory directory;
  auto file = directory.path() / "mark";
  write_marks(file, 5);
  constexpr long newer = 4096;
  SUBCASE("the newer slot") {
    damage(file, newer + 18);
    CHECK(high_water_mark::open(file)->value() == 4);
  }
  SUBCASE("the older slot") {
    damage(file, 18);
    CHECK(high_water_mark::open(file)->value() == 5);
  }
  SUBCASE("both") {
    damage(file, 0);
    damage(file, newer);
    CHECK_FALSE(high_water_mark::open(file)->value());
  }
  SUBCASE("the file's end") {
    std::filesystem::resize_file(file, newer + 10);
    CHECK(high_water_mark::open(file)->value() == 4);
  }
}

TEST_CASE("marks take the slots in turn after the file was opened again") {
  temporary_directory directory;
  auto file = directory.path() / "mark";
  write_marks(file, 4);
  REQUIRE(high_water_mark::open(file)->set(9));
  CHECK(high_water_mark::open(file)->value() == 9);
  damage(file, 4096);
  CHECK(high_water_mark::open(file)->value() == 4);
}

TEST_CASE("a file that is open is refused to a second daemon") {
  temporary_directory directory;
  auto file = directory.path() / "mark";
  auto first = high_water_mark::open(file);
  REQUIRE(first);
  auto second = high_water_mark::open(file);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::conflict);
  CHECK(second.error().message.find("in use by another daemon")
        != std::string::npos);
}
