// Goal: workers are spread over zones, then nodes, fit where they are put, and
// say why when they fit nowhere. Method: cases, and a property over many seeds.
#include "cluster/placement.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

using namespace serval;

namespace {

/// The names live on, as candidates borrow them.
std::string_view keep(std::string name) {
  static std::set<std::string> kept;
  return *kept.insert(std::move(name)).first;
}

placement_candidate node(std::string name, std::uint32_t zone = 0,
                         std::uint32_t of_backend = 0) {
  return {keep(std::move(name)), zone, true, {}, 8, 8u << 30, of_backend,
          of_backend};
}

using list = std::vector<placement_candidate>;

/// Places so many workers, one after the other.
std::vector<placement_candidate> place_all(
  std::vector<placement_candidate> nodes, std::uint32_t workers,
  const worker_needs& needs = {}) {
  for (std::uint32_t i = 0; i < workers; ++i) {
    auto chosen = place_worker(nodes, needs);
    REQUIRE(chosen);
    auto& there = *std::ranges::find(nodes, std::string_view{*chosen},
                                     &placement_candidate::node);
    ++there.of_backend;
    ++there.in_all;
    there.cpu_free -= needs.cpu;
  }
  return nodes;
}

} // namespace

TEST_CASE("workers are spread over zones first, then over nodes") {
  auto nodes = place_all({node("a1", 0), node("a2", 0), node("a3", 0),
                          node("b1", 1)},
                         6);
  CHECK(nodes[0].of_backend == 1);
  CHECK(nodes[1].of_backend == 1);
  CHECK(nodes[2].of_backend == 1);
  CHECK(nodes[3].of_backend == 3);
}

TEST_CASE("a worker goes only where its needs are met") {
  const std::vector<std::string> gpu{"gpu"};
  auto with_gpu = node("b");
  with_gpu.labels = gpu;
  auto chosen = place_worker(list{node("a"), with_gpu}, {1, 0, {"gpu"}, 0});
  REQUIRE(chosen);
  CHECK(*chosen == "b");

  auto full
    = place_worker(list{node("a", 0, 2), node("b", 0, 2)}, {0, 0, {}, 2});
  REQUIRE(!full);
  CHECK(full.error().message
        == "it fits on none of 2 nodes: 2 with 2 of its workers already");

  auto none = place_worker(list{node("a")}, {1, 0, {"gpu"}, 0});
  REQUIRE(!none);
  CHECK(none.error().message
        == "it fits on none of 1 nodes: 1 without gpu");

  auto big = place_worker(list{node("a")}, {9, 0, {}, 0});
  REQUIRE(!big);
  CHECK(big.error().message
        == "it fits on none of 1 nodes: 1 without 9 cpu and 0 MiB to spare");

  CHECK(place_worker(list{}, {}).error().message == "no node takes workers");
}

TEST_CASE("a node that takes no workers gets none, and needs none moved") {
  auto drained = node("a");
  drained.takes_workers = false;
  CHECK(*place_worker(list{drained, node("b", 0, 5)}, {}) == "b");
  CHECK(!rebalance(list{drained, node("b", 0, 5)}, {}));
}

TEST_CASE("an even spread is left as it is") {
  CHECK(!rebalance(list{node("a", 0, 2), node("b", 0, 1)}, {}));
  CHECK(!rebalance(list{node("a", 0, 1), node("b", 1, 1)}, {}));
  CHECK(!rebalance(list{}, {}));
}

TEST_CASE("a node that comes gets workers, and moves come to an end") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    std::vector<placement_candidate> nodes;
    auto count = 1 + random.below(6);
    for (std::uint32_t i = 0; i < count; ++i)
      nodes.push_back(node("n" + std::to_string(i),
                           random.below(3),
                           random.below(9)));
    std::size_t moves = 0;
    while (auto move = rebalance(nodes, {})) {
      auto find = [&](std::string_view name) -> auto& {
        return *std::ranges::find(nodes, name, &placement_candidate::node);
      };
      --find(move->from).of_backend;
      ++find(move->to).of_backend;
      REQUIRE(++moves < 100);
    }
    std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>> zones;
    std::map<std::uint32_t, std::uint32_t> sums;
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
