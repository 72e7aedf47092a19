#include "load/rate_profile.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

using namespace serval;
using namespace std::chrono_literals;

namespace {

constexpr auto heading = "t_seconds,rps\n";

std::string why_not(const std::string& lines) {
  auto profile = parse_trace("t.csv", heading + lines, {});
  REQUIRE_FALSE(profile);
  return profile.error().message;
}

bool has(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

} // namespace

TEST_CASE("rates are interpolated between the middles of intervals") {
  auto profile = parse_trace("t.csv", "t_seconds,rps\n0,10\n10,30\n20,30\n",
                             {});
  REQUIRE(profile);
  CHECK(profile->length() == 30s);
  // 5 s at 10, 10 s from 10 to 30, 15 s at 30.
  CHECK(profile->total() == doctest::Approx(50 + 200 + 450));
}

TEST_CASE("speed shortens the trace and keeps its rates, scale multiplies "
          "them") {
  auto profile = parse_trace("t.csv", "0,100\n60,100\n",
                             {.speed = 60, .scale = 0.5});
  REQUIRE(profile);
  CHECK(profile->length() == 2s);
  CHECK(profile->total() == doctest::Approx(100));
}

TEST_CASE("a part of a trace can be replayed") {
  auto profile = parse_trace("t.csv", "0,0\n10,0\n20,40\n30,40\n",
                             {.from = 25s, .length = 10s});
  REQUIRE(profile);
  CHECK(profile->length() == 10s);
  CHECK(profile->total() == doctest::Approx(400));
  CHECK_FALSE(parse_trace("t.csv", "0,1\n10,1\n", {.from = 20s}));
}

TEST_CASE("a trace with a gap, disorder or something that is no finite number "
          "is refused by line") {
  CHECK(has(why_not("0,1\n10,1\n30,1\n"), "t.csv:4: a gap"));
  CHECK(has(why_not("0,1\n10,1\n10,1\n"), "t.csv:4: times must grow"));
  CHECK(has(why_not("0,1\n10,nan\n"), "t.csv:3"));
  CHECK(has(why_not("0,1\n10,inf\n"), "t.csv:3"));
  CHECK(has(why_not("0,1\nnan,1\n"), "t.csv:3"));
  CHECK(has(why_not("0,1\n10,-1\n"), "t.csv:3: the rate is negative"));
  CHECK(has(why_not("0,1\n10\n"), "t.csv:3: each line is t_seconds,rps"));
  CHECK(has(why_not("0,1\n10,\n"), "t.csv:3"));
  CHECK(has(why_not("0,1\n"), "at least two lines"));
  CHECK(has(why_not(""), "at least two lines"));
  CHECK(has(why_not("0,0\n10,0\n"), "it sends nothing"));
  CHECK(has(why_not("0,1\n10,1e8\n"), "are the limit"));
}

TEST_CASE("all real traces can be replayed") {
  const auto* data = std::getenv("SERVAL_TEST_DATA");
  if (data == nullptr)
    return;
  auto folder = std::filesystem::path{data} / "traces";
  if (!std::filesystem::exists(folder))
    return;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    if (entry.path().extension() != ".csv")
      continue;
    std::ostringstream csv;
    csv << std::ifstream{entry.path()}.rdbuf();
    auto profile = parse_trace(entry.path().string(), csv.str(),
                               {.speed = 3600});
    CAPTURE(entry.path().string());
    REQUIRE_MESSAGE(profile, profile.error().message);
    CHECK(profile->total() > 0);
  }
}
