// Goal: what the product promises holds in every world that a seed makes, and a
// seed makes the same world each time. tools/simulate goes on where this stops.
#include "simulation/cluster/cluster_world.hpp"
#include "simulation/cluster/wide_scene.hpp"
#include "simulation/world.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace serval::simulation;

namespace {

/// How long worlds of each kind that were never seen before are looked at.
constexpr std::chrono::seconds new_worlds{15};

template <class World>
void check_world(std::uint64_t seed) {
  constexpr bool is_cluster = std::is_same_v<World, cluster_world>;
  auto found = World{seed}.live();
  if (found.broken)
    FAIL_CHECK(found.broken->promise
               << ": " << found.broken->text << "\nreplay: tools/simulate "
               << std::string{is_cluster ? "--cluster " : ""} << "--seed "
               << seed);
}

template <class World>
void check_same_twice(std::uint64_t seed) {
  CAPTURE(seed);
  auto first = World{seed}.live();
  auto second = World{seed}.live();
  CHECK(first.events == second.events);
  CHECK(first.trace == second.trace);
}

template <class World>
void check_new_worlds() {
  auto first = std::uint64_t{std::random_device{}()} << 20;
  auto end = std::chrono::steady_clock::now() + new_worlds;
  for (auto seed = first; std::chrono::steady_clock::now() < end; ++seed)
    check_world<World>(seed);
}

/// The seeds that once showed something; those of clusters have a word before
/// them.
std::vector<std::uint64_t> kept_seeds(const std::string& word) {
  std::vector<std::uint64_t> seeds;
  std::ifstream file{KEPT_SEEDS};
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line.front() != '#'
        && line.starts_with("cluster ") == !word.empty())
      seeds.push_back(std::stoull(line.substr(word.size())));
  return seeds;
}

} // namespace

TEST_CASE("a seed makes the same world each time") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    check_same_twice<world>(seed);
  for (std::uint64_t seed = 1; seed <= 15; ++seed)
    check_same_twice<cluster_world>(seed);
}

TEST_CASE("different seeds make different worlds") {
  CHECK(world{1}.live().trace != world{2}.live().trace);
  CHECK(cluster_world{1}.live().trace != cluster_world{2}.live().trace);
}

TEST_CASE("promises hold in the worlds that once broke one") {
  auto seeds = kept_seeds("");
  CHECK_FALSE(seeds.empty());
  for (auto seed : seeds)
    check_world<world>(seed);
  auto clusters = kept_seeds("cluster ");
  CHECK_FALSE(clusters.empty());
  for (auto seed : clusters)
    check_world<cluster_world>(seed);
}

TEST_CASE("everything that can go wrong in a cluster does so in some worlds") {
  std::map<std::string_view, std::uint64_t> times;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    cluster_world one{seed};
    one.live();
    for (const auto& each : facts_of(one.counts()))
      times[each.name] += each.times;
  }
  for (const auto& [name, count] : times) {
    CAPTURE(name);
    CHECK(count > 0);
  }
}

TEST_CASE("5,000 nodes keep 60,000 workers running once each") {
  auto found = live_wide(1);
  CHECK_MESSAGE(!found.broken, found.broken.value_or(""));
  CHECK(found.placed > 60'000);
  CHECK(found.moved > 0);
  CHECK(found.stopped > 0);
}

TEST_CASE("promises hold in worlds that were never seen before") {
  check_new_worlds<world>();
}

TEST_CASE("promises hold in clusters that were never seen before") {
  check_new_worlds<cluster_world>();
}
