#include "load/html_report.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& page, std::string_view text) {
  return page.find(text) != std::string::npos;
}

run_result sample() {
  load_recorder record{1s, 5s};
  for (int i = 0; i < 500; ++i) {
    request_record request;
    request.intended = request.sent = i * 10ms;
    request.done = request.intended + 1ms;
    request.end = end_of_status(200);
    record.on_end(request);
  }
  record.close();
  run_facts facts;
  facts.parameters = {{"target", "http://h/<script>"}};
  facts.measured = 4s;
  facts.warm_up = 1s;
  return conclude(facts, record);
}

} // namespace

TEST_CASE("the page has three charts, the parameters, and needs no network") {
  auto page = write_html_report(sample(), {});
  for (auto part : {"Latency by percentile", "Throughput over time",
                    "Latency over time", "http://h/&lt;script&gt;", "99 %",
                    "How requests ended"})
    CHECK_MESSAGE(has(page, part), part);
  for (auto part : {"<script", "src=", "href=", "@import", "url("})
    CHECK_MESSAGE(!has(page, part), part);
}

TEST_CASE("the page says whether the run is void and levels hold") {
  auto run = sample();
  run.void_because.push_back("too late");
  auto page = write_html_report(
    run, {{"p99<1s", "1ms", true}, {"errors<1%", "5%", false}});
  CHECK(has(page, "Void: too late"));
  CHECK(has(page, "p99&lt;1s holds: 1ms"));
  CHECK(has(page, "errors&lt;1% does not hold: 5%"));
}

TEST_CASE("a run without any answer has a page, too") {
  run_result run;
  CHECK(has(write_html_report(run, {}), "</html>"));
}
