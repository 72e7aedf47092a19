#include "proxy/utf8.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("well-formed UTF-8 is told from what only looks like it") {
  for (auto text : {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                    "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
  for (auto text :
       {"\x80", "\xc0\xae", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xc3", "a\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("what is not UTF-8 is replaced and the rest stays") {
  CHECK(to_utf8("a\xff" "b") == "a\xef\xbf\xbd" "b");
  CHECK(to_utf8("\xc3\xa4") == "\xc3\xa4");
  CHECK(is_utf8(to_utf8("\xe2\x82")));
}
