// Goal: a node finds its leader soon, wherever it is, and asks nobody too
// often. Method: the core with a clock of the test's own.
#include "cluster/leader_search.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace serval;
using namespace std::literals;

namespace {

const time_point start{1h};

} // namespace

TEST_CASE("whoever is named is tried before the others") {
  leader_search search{{"a", "b"}, 1};
  CHECK(search.next({}, start)->address == "a");
  search.was_sent_to("c");
  auto next = search.next({}, start);
  CHECK(next->address == "c");
  CHECK(next->at == start);
}

TEST_CASE("the store's word goes first, but is not all there is") {
  leader_search search{{"a", "b"}, 1};
  CHECK(search.next("x", start)->address == "x");
  CHECK(search.next("x", start)->address == "a");
}

TEST_CASE("all that are known are tried in turn, with pauses between rounds") {
  leader_search search{{"a", "b", "c"}, 1};
  std::map<std::string, int> tries;
  auto now = start;
  int pauses = 0;
  for (int i = 0; i < 30; ++i) {
    auto next = search.next({}, now);
    REQUIRE(next);
    CHECK(next->at - now <= 1s);
    pauses += next->at > now ? 1 : 0;
    now = next->at;
    ++tries[next->address];
  }
  CHECK(tries.size() == 3);
  CHECK(pauses == 9);
}

TEST_CASE("a node that knows nobody waits to be told") {
  leader_search search{{}, 1};
  CHECK(!search.next({}, start));
  CHECK(search.next("x", start)->address == "x");
  CHECK(search.next("x", start)->at > start);
}
