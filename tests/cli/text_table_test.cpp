#include "cli/text_table.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("columns are as wide as their widest cell, in characters") {
  CHECK(format_table({{"A", "BB", "C"}, {"\xc3\xa4\xc3\xb6", "", "x y"}})
        == "A   BB  C\n\xc3\xa4\xc3\xb6      x y\n");
  CHECK(format_table({{"A", "B"}, {"x", ""}}) == "A  B\nx\n");
}

TEST_CASE("control characters do not reach a terminal") {
  CHECK(printable("a\x1b[31mb\nc\x7f\t") == "a?[31mb?c??");
  CHECK(printable("a\nb\r", true) == "a\nb?");
  CHECK(printable("\xc3\xa4") == "\xc3\xa4");
  CHECK(printable("a\xc2\x9b" "31mb") == "a?31mb");
  CHECK(printable("a\xff\xc2") == "a\xef\xbf\xbd\xef\xbf\xbd");
}
