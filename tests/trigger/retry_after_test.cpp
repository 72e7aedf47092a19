#include "trigger/retry_after.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace serval;
using namespace std::literals;

TEST_CASE("shed clients wait for the queue, at least 1 s, not all the same") {
  random_source random{5};
  for (duration wait : {0ms, 1ms, 1000ms, 4200ms}) {
    std::set<int> seen;
    for (int i = 0; i < 200; ++i) {
      auto said = retry_after(wait, random);
      CHECK(said >= 1s);
      CHECK(said >= wait);
      CHECK(said <= std::max<duration>(2s, 2 * wait + 2s));
      seen.insert(said.count());
    }
    CHECK(seen.size() > 1);
  }
}

TEST_CASE("nobody is sent away for more than a minute") {
  random_source random{5};
  for (int i = 0; i < 200; ++i)
    CHECK(retry_after(24h, random) <= 60s);
  CHECK(retry_after(-5s, random) >= 1s);
}
