#include "cli/scale_target.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a target is a backend and a sensible number") {
  auto target = parse_scale_target("bank=64");
  REQUIRE(target);
  CHECK(target->backend == "bank");
  CHECK(target->workers == 64);
  for (auto text : {"", "bank", "bank=", "=3", "bank=0", "bank=-1", "bank=x",
                    "bank=3x", "bank=1.5", "bank= 3", "bank=4294967297",
                    "a/b=3", "bank=3=4"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_scale_target(text).has_value());
  }
}
