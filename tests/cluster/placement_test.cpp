// Goal: workers are spread over zones, then nodes, fit where they are put, and
// say why when they fit nowhere. Method: cases, and a property over many seeds.
#include "cluster/placement.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace serval;

namespace {

placement_candidate node(std::string name, std::string zone = {},
                         std::uint32_t of_backend = 0) {
  return {std::move(name), std::move(zone), {}, 8, 8u << 30, of_backend,
          of_backend};
}

/// Places so many workers, one after the other.
std::vector<placement_candidate> place_all(
  std::vector<placement_candidate> nodes, std::uint32_t workers,
  const worker_needs& needs = {}) {
  for (std::uint32_t i = 0; i < workers; ++i) {
    auto chosen = place_worker(nodes, needs);
    REQUIRE(chosen);
    auto& there
      = *std::ranges::find(nodes, *chosen, &placement_candidate::node);
    ++there.of_backend;
    ++there.in_all;
    there.cpu_free -= needs.cpu;
  }
  return nodes;
}

} // namespace

TEST_CASE("workers are spread over zones first, then over nodes") {
  auto nodes = place_all({node("a1", "a"), node("a2", "a"), node("a3", "a"),
                          node("b1", "b")},
                         6);
  CHECK(nodes[0].of_backend == 1);
  CHECK(nodes[1].of_backend == 1);
  CHECK(nodes[2].of_backend == 1);
  CHECK(nodes[3].of_backend == 3);
}

TEST_CASE("a worker goes only where its needs are met") {
  auto with_gpu = node("b");
  with_gpu.labels = {"gpu"};
  auto chosen = place_worker({node("a"), with_gpu}, {1, 0, {"gpu"}, 0});
  REQUIRE(chosen);
  CHECK(*chosen == "b");

  auto full = place_worker({node("a", "", 2), node("b", "", 2)}, {0, 0, {}, 2});
  REQUIRE(!full);
  CHECK(full.error().message
        == "it fits on none of 2 nodes: 2 with 2 of its workers already");

  auto none = place_worker({node("a")}, {1, 0, {"gpu"}, 0});
  REQUIRE(!none);
  CHECK(none.error().message
        == "it fits on none of 1 nodes: 1 without gpu");

  auto big = place_worker({node("a")}, {9, 0, {}, 0});
  REQUIRE(!big);
  CHECK(big.error().message
        == "it fits on none of 1 nodes: 1 without 9 cpu and 0 MiB to spare");

  CHECK(place_worker({}, {}).error().message == "no node takes workers");
}

TEST_CASE("an even spread is left as it is") {
  CHECK(!rebalance({node("a", "", 2), node("b", "", 1)}, {}));
  CHECK(!rebalance({node("a", "x", 1), node("b", "y", 1)}, {}));
  CHECK(!rebalance({}, {}));
}

TEST_CASE("a node that comes gets workers, and moves come to an end") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    std::vector<placement_candidate> nodes;
    auto count = 1 + random.below(6);
    for (std::uint32_t i = 0; i < count; ++i)
      nodes.push_back(node("n" + std::to_string(i),
                           "z" + std::to_string(random.below(3)),
                           random.below(9)));
    std::size_t moves = 0;
    while (auto move = rebalance(nodes, {})) {
      auto find = [&](const std::string& name) -> auto& {
        return *std::ranges::find(nodes, name, &placement_candidate::node);
      };
      --find(move->from).of_backend;
      ++find(move->to).of_backend;
      REQUIRE(++moves < 100);
    }
    std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> zones;
    std::map<std::string, std::uint32_t> sums;
    for (const auto& each : nodes) {
      auto [found, fresh] = zones.try_emplace(each.zone, each.of_backend,
                                              each.of_backend);
      auto& [least, most] = found->second;
      least = std::min(least, each.of_backend);
      most = std::max(most, each.of_backend);
      sums[each.zone] += each.of_backend;
    }
    for (const auto& [zone, range] : zones)
      CHECK(range.second - range.first <= 1);
    auto [least, most] = std::ranges::minmax_element(
      sums, {}, [](const auto& each) { return each.second; });
    CHECK(most->second - least->second <= 1);
  }
}
