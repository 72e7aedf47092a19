#include "load/compare.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;
using namespace std::chrono_literals;

namespace {

run_result run_with(double throughput, duration p99) {
  run_result run;
  run.throughput = throughput;
  run.latency.p99 = p99;
  run.facts.parameters = {{"target", "t"}, {"load", "l"}};
  return run;
}

compared_figure find(const std::vector<compared_figure>& figures,
                     const std::string& name) {
  auto found = std::ranges::find(figures, name, &compared_figure::name);
  REQUIRE(found != figures.end());
  return *found;
}

} // namespace

TEST_CASE("each figure has both values and their ratio") {
  auto figures = compare_runs(run_with(100, 10ms), run_with(150, 5ms));
  auto throughput = find(figures, "throughput (1/s)");
  CHECK(throughput.ratio == 1.5);
  CHECK(throughput.more_is_better);
  auto p99 = find(figures, "p99 (ms)");
  CHECK(p99.a == 10);
  CHECK(p99.b == 5);
  CHECK(p99.ratio == 0.5);
  CHECK_FALSE(p99.more_is_better);
  CHECK_FALSE(find(figures, "errors (%)").ratio);
}

TEST_CASE("runs of the same kind do not differ") {
  CHECK(differences(run_with(1, 1ms), run_with(2, 2ms)).empty());
}

TEST_CASE("other parameters and void runs are told") {
  auto a = run_with(1, 1ms);
  auto b = run_with(1, 1ms);
  b.facts.parameters = {{"target", "t"}, {"load", "m"}, {"seed", "5"}};
  b.void_because.push_back("late");
  auto told = differences(a, b);
  REQUIRE(told.size() == 3);
  CHECK(told[0] == "B is void: late");
  CHECK(told[1] == "load: A \"l\", B \"m\"");
  CHECK(told[2] == "seed: A \"\", B \"5\"");
}
