#include "load/rate_profile.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace serval;
using namespace std::chrono_literals;

namespace {

double seconds_at(const rate_profile& profile, double count) {
  std::size_t hint = 0;
  return std::chrono::duration<double>(profile.time_of(count, hint)).count();
}

} // namespace

TEST_CASE("a constant rate wants rate times length requests") {
  auto profile = parse_rates("500", 4s);
  REQUIRE(profile);
  CHECK(profile->total() == doctest::Approx(2000));
  CHECK(seconds_at(*profile, 500) == doctest::Approx(1));
}

TEST_CASE("a ramp's requests are due when its integral says so") {
  auto profile = parse_rates("0..100", 10s);
  REQUIRE(profile);
  CHECK(profile->total() == doctest::Approx(500));
  CHECK(seconds_at(*profile, 125) == doctest::Approx(5));
  auto down = parse_rates("100..0", 10s);
  REQUIRE(down);
  CHECK(seconds_at(*down, 375) == doctest::Approx(5));
}

TEST_CASE("steps share the run equally, and one may be 0") {
  auto profile = parse_rates("100,0,50", 30s);
  REQUIRE(profile);
  CHECK(profile->length() == 30s);
  CHECK(profile->total() == doctest::Approx(1500));
  CHECK(seconds_at(*profile, 999) == doctest::Approx(9.99));
  CHECK(seconds_at(*profile, 1001) == doctest::Approx(20.02));
}

TEST_CASE("the warm-up holds the first rate") {
  auto profile = parse_rates("10..20", 10s);
  REQUIRE(profile);
  profile->hold_first(5s);
  CHECK(profile->length() == 15s);
  CHECK(profile->total() == doctest::Approx(200));
  CHECK(seconds_at(*profile, 50) == doctest::Approx(5));
}

TEST_CASE("rates that are no numbers, negative or all 0 are refused") {
  for (auto text : {"", "0", "-1", "nan", "inf", "x", "1..", "..2", "1..x",
                    "1,,2", "1,2,", "0..0", "0,0", "5 ", "1e999", "1e8"}) {
    CAPTURE(text);
    auto profile = parse_rates(text, 1s);
    REQUIRE_FALSE(profile);
    CHECK(profile.error().message.find(text) != std::string::npos);
  }
}
