// Goal: a node that is silent is a suspect, then lost, and may come back; a
// drain outlives both. Method: a core and a clock of the test's own.
#include "cluster/members.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

namespace {

node_facts facts(const std::string& name) {
  node_facts out;
  out.name = name;
  return out;
}

const time_point start{1h};

} // namespace

TEST_CASE("a node takes workers once it has all tables") {
  members all{3s};
  all.joined(facts("a"), start);
  CHECK(!takes_workers(all.find("a")->state));
  all.levelled("a", start);
  CHECK(takes_workers(all.find("a")->state));
}

TEST_CASE("a node whose link is lost is given up after a while, not before") {
  members all{3s};
  all.joined(facts("a"), start);
  all.levelled("a", start);
  all.link_lost("a", start);
  CHECK(all.find("a")->state == node_state::suspect);
  CHECK(all.due() == start + 3s);
  CHECK(all.on_timer(start + 2999ms).empty());
  CHECK(all.on_timer(start + 3s) == std::vector{"a"s});
  CHECK(all.find("a")->state == node_state::lost);
  CHECK(all.due() == time_point::max());
}

TEST_CASE("a node that is back in time is not lost") {
  members all{3s};
  all.joined(facts("a"), start);
  all.link_lost("a", start);
  all.joined(facts("a"), start + 1s);
  CHECK(all.on_timer(start + 1h).empty());
  CHECK(is_reachable(all.find("a")->state));
}

TEST_CASE("a drain outlives the loss of the node") {
  members all{3s};
  all.joined(facts("a"), start);
  all.levelled("a", start);
  REQUIRE(all.drain("a", start));
  CHECK(all.find("a")->state == node_state::draining);
  all.link_lost("a", start);
  static_cast<void>(all.on_timer(start + 3s));
  all.joined(facts("a"), start + 9s);
  all.levelled("a", start + 9s);
  CHECK(all.find("a")->state == node_state::draining);
  all.emptied("a", start + 10s);
  CHECK(all.find("a")->state == node_state::drained);
  REQUIRE(all.undrain("a", start + 11s));
  CHECK(all.find("a")->state == node_state::ready);
  CHECK(!all.drain("b", start));
}
