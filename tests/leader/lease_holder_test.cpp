#include "leader/lease_holder.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a holder is read back as it was written") {
  for (const auto& who :
       {lease_holder{"n1", "https://10.0.0.1:9470", "10.0.0.1:9460", "4f2a"},
        lease_holder{"n-2", "", "", "0"}})
    CHECK(parse_lease_holder(to_string(who)) == who);
}

TEST_CASE("what no daemon of ours wrote is not taken for a holder") {
  for (const auto* text : {"", "n1", "n1 4f2a", "n1 a 4f2a", " a b 4f2a",
                           "n1  b 4f2a", "n1 a b ", "n1 a b 4f2a x"})
    CHECK_FALSE(parse_lease_holder(text));
}
