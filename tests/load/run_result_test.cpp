#include "load/run_result.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// A run of 1,000 requests in 10 s that take `latency`, each of which the
/// generator came to `lag` late.
run_result run_with(duration latency, duration lag, bool open_loop = true) {
  load_recorder record{0s, 10s};
  for (int i = 0; i < 1000; ++i) {
    request_record request;
    request.intended = i * 10ms;
    request.sent = request.intended + lag;
    request.done = request.intended + latency;
    request.end = end_of_status(i % 100 == 0 ? 503 : 200);
    record.on_lag(request.intended, lag);
    record.on_end(request);
  }
  record.close();
  run_facts facts;
  facts.measured = 10s;
  facts.open_loop = open_loop;
  return conclude(facts, record);
}

} // namespace

TEST_CASE("a run tells rates, errors and latency") {
  auto run = run_with(5ms, 0ms);
  CHECK(run.requests == 1000);
  CHECK(run.ok == 990);
  CHECK(run.failed == 10);
  CHECK(run.intended_rate == doctest::Approx(100));
  CHECK(run.throughput == doctest::Approx(99));
  CHECK(run.error_share() == doctest::Approx(0.01));
  CHECK(run.latency.p99 == 5ms);
  CHECK(run.timeline.size() == 10);
  REQUIRE(run.ends.size() == 2);
  CHECK(run.ends[0].first == "200");
  CHECK(run.ends[1].second == 10);
}

TEST_CASE("a run whose generator came late to its own requests is void") {
  CHECK(run_with(20ms, 3ms).is_void());
  CHECK(run_with(1s, 200ms).is_void());
}

TEST_CASE("lag that is short, or little against what is measured, does no "
          "harm") {
  CHECK_FALSE(run_with(2ms, 900us).is_void());
  CHECK_FALSE(run_with(200ms, 5ms).is_void());
}

TEST_CASE("a run that measured nothing is void") {
  run_facts facts;
  facts.measured = 10s;
  CHECK(conclude(facts, load_recorder{0s, 10s}).is_void());
}

TEST_CASE("requests that waited for a connection and a generator without "
          "reserves are noted") {
  load_recorder record{0s, 10s};
  request_record request;
  request.end = end_of_status(200);
  record.on_end(request);
  record.on_wait(0s);
  record.close();
  run_facts facts;
  facts.measured = 10s;
  facts.generator_cpu = 0.99;
  auto run = conclude(facts, record);
  CHECK_FALSE(run.is_void());
  CHECK(run.notes.size() == 2);
}
