// Goal: what the product promises holds in every world that a seed makes, and a
// seed makes the same world each time. tools/simulate goes on where this stops.
#include "simulation/world.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

using namespace serval::simulation;

namespace {

void check_world(std::uint64_t seed) {
  auto found = world{seed}.live();
  if (found.broken)
    FAIL_CHECK(found.broken->promise
               << ": " << found.broken->text
               << "\nreplay: tools/simulate --seed " << seed);
}

/// The seeds that once showed something.
std::vector<std::uint64_t> kept_seeds() {
  std::vector<std::uint64_t> seeds;
  std::ifstream file{KEPT_SEEDS};
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line.front() != '#')
      seeds.push_back(std::stoull(line));
  return seeds;
}

} // namespace

TEST_CASE("a seed makes the same world each time") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    auto first = world{seed}.live();
    auto second = world{seed}.live();
    CHECK(first.events == second.events);
    CHECK(first.trace == second.trace);
  }
}

TEST_CASE("different seeds make different worlds") {
  CHECK(world{1}.live().trace != world{2}.live().trace);
}

TEST_CASE("promises hold in the worlds that once broke one") {
  auto seeds = kept_seeds();
  CHECK_FALSE(seeds.empty());
  for (auto seed : seeds)
    check_world(seed);
}

TEST_CASE("promises hold in worlds that were never seen before") {
  auto first = std::uint64_t{std::random_device{}()} << 20;
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{8};
  for (auto seed = first; std::chrono::steady_clock::now() < end; ++seed)
    check_world(seed);
}
