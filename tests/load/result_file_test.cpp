#include "load/result_file.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

run_result sample() {
  load_recorder record{1s, 5s};
  for (int i = 0; i < 500; ++i) {
    request_record request;
    request.intended = i * 10ms;
    request.sent = request.intended + 100us;
    request.done = request.intended + i * 137us;
    request.end = i % 50 == 0 ? request_end::timed_out : end_of_status(200);
    request.bytes = 7;
    record.on_lag(request.intended, 100us);
    record.on_end(request);
  }
  record.close();
  run_facts facts;
  facts.parameters = {{"target", "http://127.0.0.1:1/\"x\""}, {"load", "y"}};
  facts.started = "2026-01-01T00:00:00Z";
  facts.begun = 90s;
  facts.warm_up = 1s;
  facts.measured = 4s;
  facts.open_loop = true;
  facts.generator_cpu = 0.25;
  auto run = conclude(facts, record);
  run.notes.push_back("a note");
  run.void_because.push_back("a reason");
  return run;
}

} // namespace

TEST_CASE("a result can be read back") {
  auto run = sample();
  auto again = parse_result("a.json", write_result(run));
  REQUIRE_MESSAGE(again, again.error().message);
  CHECK(again->facts.parameters == run.facts.parameters);
  CHECK(again->facts.started == run.facts.started);
  CHECK(again->facts.warm_up == run.facts.warm_up);
  CHECK(again->facts.measured == run.facts.measured);
  CHECK(again->facts.open_loop);
  CHECK(again->requests == run.requests);
  CHECK(again->ok == run.ok);
  CHECK(again->failed == run.failed);
  CHECK(again->throughput == run.throughput);
  CHECK(again->bytes == run.bytes);
  CHECK(again->ends == run.ends);
  CHECK(again->latency == run.latency);
  CHECK(again->service == run.service);
  CHECK(again->lag == run.lag);
  CHECK(again->latency_buckets == run.latency_buckets);
  CHECK(again->timeline == run.timeline);
  CHECK(again->void_because == run.void_because);
  CHECK(again->notes == run.notes);
}

TEST_CASE("what is no result is refused by name") {
  for (std::string text : {"", "{", "[]", "{}", "{\"serval_bench\": 2}",
                           "{\"serval_bench\": 1}",
                           "{\"serval_bench\": \"x\"}"}) {
    CAPTURE(text);
    auto got = parse_result("a.json", text);
    REQUIRE_FALSE(got);
    CHECK(got.error().message.find("a.json") != std::string::npos);
  }
}
