#include "spec/units.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("durations are read in every unit, exactly") {
  CHECK(parse_duration("200ms").value() == 200ms);
  CHECK(parse_duration("1.5s").value() == 1500ms);
  CHECK(parse_duration("2m").value() == 2min);
  CHECK(parse_duration("1h").value() == 1h);
  CHECK(parse_duration("7us").value() == 7us);
  CHECK(parse_duration("3ns").value() == 3ns);
  CHECK(parse_duration("0s").value() == 0s);
}

TEST_CASE("what is no duration is refused, never guessed") {
  for (auto text : {"", "10", "10x", "-1s", "1e99s", "s", " 1s", "1s ", "1.s5",
                    "1..5s", ".", "nan", "inf", "1 s", "1S", "0x1s",
                    "99999999999999999999h", "200ms\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

TEST_CASE("a duration's text reads back as the same duration") {
  for (duration span : {duration{0}, duration{1}, duration{1500ms},
                        duration{90s}, duration{24h}, duration{123456789}}) {
    CAPTURE(span.count());
    CHECK(parse_duration(format_duration(span)).value() == span);
  }
  CHECK(format_duration(10s) == "10s");
  CHECK(format_duration(90s) == "90s");
  CHECK(format_duration(2h) == "2h");
}

TEST_CASE("sizes are read in binary units only") {
  CHECK(parse_size("256KiB").value() == 256 * 1024);
  CHECK(parse_size("1GiB").value() == 1u << 30);
  CHECK(parse_size("0B").value() == 0);
  CHECK(format_size(256 * 1024) == "256KiB");
  CHECK(format_size(1000) == "1000B");
  for (auto text : {"", "1", "1gb", "-1B", "1.5MiB", "1KB",
                    "99999999999999999GiB", "18446744073709551616B"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text).has_value());
  }
}
