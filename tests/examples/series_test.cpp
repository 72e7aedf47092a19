// Metric files as they come: untidy.

#include "series.hpp"

#include <doctest/doctest.h>

#include <string>

using bank_monitor::last_values;
using bank_monitor::parse_series;

namespace {

const std::string header = "TimeStamp,Value,Label\n";

/// The values of a file with this line after the header.
std::vector<double> values_of(const std::string& line) {
  auto parsed = parse_series(header + line + "\n");
  REQUIRE(parsed);
  CHECK(parsed->points.size() + parsed->skipped_lines == 1);
  return last_values(*parsed, 10, std::nullopt);
}

using values = std::vector<double>;

} // namespace

TEST_CASE("a value is a finite decimal, all of the field") {
  CHECK(values_of("2018-04-01 00:00:00,1.5,0") == values{1.5});
  CHECK(values_of("2018-04-01 00:00:00,-1e3,0") == values{-1000});
  CHECK(values_of("2018-04-01 00:00:00,.5,0") == values{0.5});
  for (auto bad : {"", "nan", "inf", "-inf", "0x10", "+1", " 1", "1 ", "1,5",
                   "1e999", "one", "--1", "1.5.2"})
    CHECK_MESSAGE(
      values_of(std::string{"2018-04-01 00:00:00,"} + bad + ",0").empty(),
      bad);
}

TEST_CASE("fields may be quoted, each on its own") {
  CHECK(values_of(R"("2018-04-01T00:00:00Z",2,0)") == values{2});
  CHECK(values_of(R"("2018-04-01T00:00:00Z","2","0")") == values{2});
  CHECK(values_of(R"(2018-04-01T00:00:00Z,2,"a, ""b""")") == values{2});
  for (auto bad :
       {R"("2018-04-01T00:00:00Z,2,0)", R"("2018-04-01T00:00:00Z"2,0)",
        R"(2018-04-01T00:00:00Z,"2"x,0)"})
    CHECK_MESSAGE(values_of(bad).empty(), bad);
}

TEST_CASE("a line with the wrong number of fields or time is skipped") {
  for (auto bad : {"2018-04-01 00:00:00,1", "2018-04-01 00:00:00,1,0,0",
                   "2018-04-01,1,0", ",,", "x", " "})
    CHECK_MESSAGE(values_of(bad).empty(), bad);
}

TEST_CASE("LF and CRLF end lines, the last newline is optional") {
  auto text = "TimeStamp,Value,Label\r\n2018-04-01 00:00:00,1,0\r\n"
              "2018-04-01 00:01:00,2,0\n2018-04-01 00:02:00,3,0";
  auto parsed = parse_series(text);
  REQUIRE(parsed);
  CHECK(parsed->skipped_lines == 0);
  CHECK(last_values(*parsed, 10, std::nullopt) == values{1, 2, 3});
}

TEST_CASE("blank lines are no lines") {
  auto parsed = parse_series("\n\r\n" + header
                             + "\n2018-04-01 00:00:00,1,0\n\r\n\n");
  REQUIRE(parsed);
  CHECK(parsed->points.size() == 1);
  CHECK(parsed->skipped_lines == 0);
}

TEST_CASE("a file without the header is unreadable") {
  CHECK(!parse_series(""));
  CHECK(!parse_series("\n\n"));
  CHECK(!parse_series("2018-04-01 00:00:00,1,0\n"));
  CHECK(!parse_series("timestamp,value,label\n"));
  CHECK(!parse_series("TimeStamp,Value\n"));
  CHECK(!parse_series("TimeStamp,Value,Label,More\n"));
  CHECK(parse_series("TimeStamp,Value,Label"));
  CHECK(parse_series("\"TimeStamp\",\"Value\",\"Label\"\n"));
}

TEST_CASE("points are sorted by time, duplicates stay in file order") {
  auto parsed = parse_series(header
                             + "2018-04-01 00:02:00,1,0\n"
                               "2018-04-01 00:01:00,2,0\n"
                               "2018-04-01 00:02:00,3,0\n"
                               "2018-04-01T00:01:00Z,4,0\n");
  REQUIRE(parsed);
  CHECK(last_values(*parsed, 10, std::nullopt) == values{2, 4, 1, 3});
  CHECK(last_values(*parsed, 2, std::nullopt) == values{1, 3});
}

TEST_CASE("the order of many points of one time is kept") {
  auto text = header;
  values expected;
  for (int i = 0; i < 200; ++i) {
    text += "2018-04-01 00:00:0" + std::to_string(1 - i % 2) + ","
            + std::to_string(i) + ",0\n";
    expected.push_back((2 * i + 1) % 200 - (i >= 100));
  }
  auto parsed = parse_series(text);
  REQUIRE(parsed);
  CHECK(last_values(*parsed, 200, std::nullopt) == expected);
}

TEST_CASE("what is later than `at` does not count") {
  auto parsed = parse_series(header
                             + "1970-01-01 00:00:10,1,0\n"
                               "1970-01-01 00:00:20,2,0\n"
                               "1970-01-01 00:00:20,3,0\n"
                               "1970-01-01 00:00:30,4,0\n");
  REQUIRE(parsed);
  CHECK(last_values(*parsed, 10, 20) == values{1, 2, 3});
  CHECK(last_values(*parsed, 2, 20) == values{2, 3});
  CHECK(last_values(*parsed, 10, 19) == values{1});
  CHECK(last_values(*parsed, 10, 9).empty());
}
