#include "load/load_recorder.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

request_record request(duration intended, duration sent, duration done,
                       int status = 200) {
  request_record made;
  made.intended = intended;
  made.sent = sent;
  made.done = done;
  made.end = end_of_status(status);
  made.bytes = 10;
  return made;
}

} // namespace

TEST_CASE("latency counts from the intended time, service from the sending") {
  load_recorder record{0s, 10s};
  record.on_end(request(1s, 3s, 4s));
  CHECK(record.latency().max() == 3s);
  CHECK(record.service().max() == 1s);
}

TEST_CASE("the warm-up and what was intended after the end do not count") {
  load_recorder record{2s, 5s};
  record.on_end(request(1s, 1s, 1500ms));
  record.on_end(request(1900ms, 1900ms, 2100ms));
  record.on_end(request(2s, 2s, 2500ms));
  record.on_end(request(4900ms, 4900ms, 5100ms));
  record.on_end(request(5s, 5s, 5200ms));
  record.on_lag(1s, 5s);
  record.on_wait(1s);
  record.close();
  CHECK(record.latency().count() == 2);
  CHECK(record.count_of(end_of_status(200)) == 2);
  CHECK(record.bytes() == 20);
  CHECK(record.lag().count() == 0);
  CHECK(record.waited() == 0);
  // Throughput is what was answered while it was measured.
  CHECK(record.ok_in_window() == 2);
}

TEST_CASE("failures are counted and kept out of latency") {
  load_recorder record{0s, 10s};
  record.on_end(request(1s, 1s, 2s, 503));
  record.on_end(request(1s, 1s, 2s, 99));
  record.on_end(request(1s, 1s, 3s));
  CHECK(record.latency().count() == 1);
  CHECK(record.count_of(end_of_status(503)) == 1);
  CHECK(record.count_of(request_end::malformed_answer) == 1);
}

TEST_CASE("the timeline has each second, idle ones too") {
  load_recorder record{0s, 10s};
  record.on_end(request(100ms, 100ms, 200ms));
  record.on_end(request(100ms, 100ms, 3200ms));
  record.on_end(request(100ms, 100ms, 3300ms, 500));
  record.close();
  REQUIRE(record.timeline().size() == 4);
  CHECK(record.timeline()[0].ok == 1);
  CHECK(record.timeline()[1].ok == 0);
  CHECK(record.timeline()[3].ok == 1);
  CHECK(record.timeline()[3].failed == 1);
  latency_histogram last;
  last.add(record.timeline()[3].latency);
  CHECK(last.count() == 1);
}

TEST_CASE("merged records are as one that saw everything") {
  load_recorder whole{1s, 9s};
  load_recorder parts[2] = {{1s, 9s}, {1s, 9s}};
  for (int i = 0; i < 1000; ++i) {
    auto at = i * 10ms;
    auto made = request(at, at, at + 5ms, i % 7 == 0 ? 500 : 200);
    whole.on_end(made);
    parts[i % 2].on_end(made);
  }
  load_recorder merged{1s, 9s};
  whole.close();
  for (auto& part : parts) {
    part.close();
    merged.merge(part);
  }
  CHECK(merged.latency().buckets() == whole.latency().buckets());
  CHECK(merged.ok_in_window() == whole.ok_in_window());
  CHECK(merged.count_of(end_of_status(500))
        == whole.count_of(end_of_status(500)));
  REQUIRE(merged.timeline().size() == whole.timeline().size());
  CHECK(merged.timeline()[4].ok == whole.timeline()[4].ok);
}
