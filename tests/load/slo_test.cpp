#include "load/slo.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;
using namespace std::chrono_literals;

namespace {

run_result sample() {
  load_recorder record{0s, 10s};
  for (int i = 1; i <= 1000; ++i) {
    request_record request;
    request.done = i * 1ms;
    request.end = end_of_status(i == 500 ? 500 : 200);
    record.on_end(request);
  }
  record.close();
  run_facts facts;
  facts.measured = 10s;
  return conclude(facts, record);
}

bool holds(std::string_view text, const run_result& run = sample()) {
  auto conditions = parse_slo(text);
  REQUIRE_MESSAGE(conditions, conditions.error().message);
  auto verdicts = check_slo(*conditions, run);
  return std::ranges::all_of(verdicts, &slo_verdict::holds);
}

} // namespace

TEST_CASE("conditions are held against the run's figures") {
  CHECK(holds("p99<1s"));
  CHECK_FALSE(holds("p99<900ms"));
  CHECK(holds("p50 <= 600ms, p99.9 > 900ms"));
  CHECK(holds("errors<0.2%"));
  CHECK_FALSE(holds("errors<0.1%"));
  CHECK(holds("errors<=0.001"));
  CHECK(holds("throughput>=99.9"));
  CHECK_FALSE(holds("throughput>99.9"));
  CHECK(holds("max<=1s,mean<600ms"));
  CHECK_FALSE(holds("p99<1s,errors<0.1%"));
  CHECK(holds("p100<=1s"));
}

TEST_CASE("a void run and one without a good answer meet nothing") {
  auto run = sample();
  run.void_because.push_back("late");
  CHECK_FALSE(holds("p99<1h", run));
  CHECK_FALSE(holds("errors<=1", run_result{}));
}

TEST_CASE("a verdict says what was asked and what was measured") {
  auto verdicts = check_slo(*parse_slo("errors<1%, p99<2s"), sample());
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].condition == "errors<1%");
  CHECK(verdicts[0].actual == "0.1%");
  CHECK(verdicts[1].condition == "p99<2s");
  CHECK(verdicts[1].actual.ends_with("ms"));
}

TEST_CASE("without a good answer there is no latency to tell") {
  auto verdicts = check_slo(*parse_slo("p99<2s,throughput>1"), run_result{});
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].actual == "no request succeeded");
  CHECK(verdicts[1].actual == "0");
}

TEST_CASE("what is no condition is refused with the text that is wrong") {
  for (auto text : {"", "p99", "p99<", "p99<200", "p<1s", "p0<1s", "p101<1s",
                    "pnan<1s", "errors<2", "errors<-1%", "errors<x",
                    "speed<1s", "p99=1s", "p99<1s,", "throughput>x",
                    "errors<10ms"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_slo(text));
  }
}
