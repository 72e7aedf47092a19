// Goal: what nodes' workers take is right after any coming and going. Method:
// random ones, compared with a plain list.
#include "cluster/node_loads.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace serval;

TEST_CASE("what is added and removed leaves the sum of what is there") {
  random_source random{7};
  node_loads loads;
  for (const auto* name : {"n0", "n1", "n2"}) {
    node_facts facts;
    facts.name = name;
    facts.memory_bytes = 1'000'000;
    loads.set_node(facts, true);
  }
  struct worker {
    std::string node;
    backend_group group;
  };
  std::vector<worker> there;
  const worker_needs needs{0.1, 100, {}, 0};
  for (int i = 0; i < 2000; ++i) {
    if (there.empty() || random.below(2) == 0) {
      there.push_back({"n" + std::to_string(random.below(3)),
                       {"app", {1 + random.below(2)}, "back"}});
      loads.add(there.back().node, there.back().group, needs);
    } else {
      auto which = there.begin() + random.below(
                     static_cast<std::uint32_t>(there.size()));
      loads.remove(which->node, which->group, needs);
      there.erase(which);
    }
    auto node = "n" + std::to_string(random.below(3));
    backend_group group{"app", {1}, "back"};
    auto on_node = std::ranges::count(there, node, &worker::node);
    CHECK(loads.workers_on(node) == on_node);
    auto rows = loads.candidates(group);
    auto row = std::ranges::find(rows, std::string_view{node},
                                 &placement_candidate::node);
    REQUIRE(row != rows.end());
    CHECK(row->in_all == on_node);
    CHECK(row->memory_free_bytes
          == 1'000'000u - 100u * static_cast<std::uint64_t>(on_node));
    auto of_group = std::ranges::count_if(there, [&](const auto& each) {
      return each.node == node && each.group == group;
    });
    CHECK(row->of_backend == of_group);
    auto names = loads.nodes_of(group);
    CHECK((std::ranges::count(names, node) == 1) == (of_group > 0));
  }
}
