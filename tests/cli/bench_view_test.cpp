#include "cli/bench_view.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

run_result sample() {
  load_recorder record{0s, 10s};
  for (int i = 0; i < 100; ++i) {
    request_record request;
    request.done = 12'340us;
    request.end = i == 0 ? request_end::timed_out : end_of_status(200);
    record.on_end(request);
  }
  record.close();
  run_facts facts;
  facts.parameters = {{"target", "T\x1b[2J"}, {"load", "L"}};
  facts.measured = 10s;
  facts.open_loop = true;
  return conclude(facts, record);
}

} // namespace

TEST_CASE("progress is one line") {
  load_progress progress{.elapsed = 3s, .total = 11s, .warming_up = false,
                         .ok = 5, .failed = 2, .throughput = 123.4,
                         .p50 = 1500us, .p99 = 2s};
  CHECK(show_progress(progress)
        == "3 s of 11 s  123/s  p50 1.5 ms  p99 2 s  errors 2");
}

TEST_CASE("a run shows its load, rates, latency and how requests ended") {
  auto text = show_run(sample(), {{"p99<1s", "12ms", true}});
  for (auto part : {"T?[2J\nL\n", "1 (1 %)", "12.34 ms", "timed_out",
                    "the generator's own lag", "p99<1s holds: 12ms"})
    CHECK_MESSAGE(has(text, part), text);
}

TEST_CASE("a closed loop intends no rate") {
  auto run = sample();
  CHECK(has(show_run(run, {}), "INTENDED/S"));
  run.facts.open_loop = false;
  CHECK_FALSE(has(show_run(run, {}), "INTENDED/S"));
}

TEST_CASE("a run in which nothing succeeded shows no latency") {
  auto run = sample();
  run.ok = 0;
  auto text = show_run(run, {});
  CHECK_FALSE(has(text, "P99"));
  CHECK(has(text, "No request succeeded"));
}

TEST_CASE("a void run says so last") {
  auto run = sample();
  run.void_because = {"too late"};
  CHECK(show_run(run, {}).ends_with("\nVOID: too late\n"));
}

TEST_CASE("a comparison says which side is better") {
  auto text = show_comparison({{"p99 (ms)", 10, 5, 0.5, false},
                               {"throughput (1/s)", 10, 5, 0.5, true},
                               {"errors (%)", 0, 1, {}, false}},
                              {"load: A \"1\", B \"2\""});
  CHECK(has(text, "p99 (ms)          10  5  0.500  better"));
  CHECK(has(text, "throughput (1/s)  10  5  0.500  worse"));
  CHECK(has(text, "errors (%)        0   1  -\n"));
  CHECK(has(text, "load: A"));
}
