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
    CHECK(loads.count(node) == on_node);
    CHECK(loads.taken(node).memory_bytes
          == 100u * static_cast<std::uint64_t>(on_node));
    CHECK(loads.count(node, group)
          == std::ranges::count_if(there, [&](const auto& each) {
               return each.node == node && each.group == group;
             }));
  }
}
