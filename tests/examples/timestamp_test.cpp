// The two forms of timestamps.

#include "timestamp.hpp"

#include <doctest/doctest.h>

using bank_monitor::parse_timestamp;

TEST_CASE("both forms mean the same time in UTC") {
  CHECK(parse_timestamp("1970-01-01 00:00:00") == 0);
  CHECK(parse_timestamp("1970-01-01T00:00:01Z") == 1);
  CHECK(parse_timestamp("2018-04-01T12:34:56Z") == 1522586096);
  CHECK(parse_timestamp("2018-04-01 12:34:56") == 1522586096);
  CHECK(parse_timestamp("1969-12-31 23:59:59") == -1);
  CHECK(parse_timestamp("2020-02-29 00:00:00") == 1582934400);
}

TEST_CASE("a text of another form or an impossible date is no timestamp") {
  for (auto text :
       {"", "2018-04-01", "2018-04-01T12:34:56", "2018-04-01 12:34:56Z",
        "2018-04-01T12:34:56z", "2018-04-01T12:34:56+00:00",
        "2018-4-01 12:34:56", "2018-04-01 24:00:00", "2018-04-01 12:60:00",
        "2018-04-01 12:34:60", "2018-02-29 00:00:00", "2018-00-01 00:00:00",
        "2018-13-01 00:00:00", " 2018-04-01 12:34:56", "2018-04-01 12:34:5x"})
    CHECK_MESSAGE(!parse_timestamp(text), text);
}
