#include "cli/bench_plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>

using namespace serval;
using namespace std::chrono_literals;

namespace {

const bench_target target{.host = "127.0.0.1", .port = "1", .path = "/p"};

bench_options typed(const std::function<void(bench_options&)>& change) {
  bench_options options;
  options.target = "http://127.0.0.1:1/p";
  change(options);
  return options;
}

bench_plan plan_of(const std::function<void(bench_options&)>& change) {
  auto plan = make_bench_plan(typed(change), target);
  REQUIRE_MESSAGE(plan, plan.error().message);
  return std::move(*plan);
}

void refuses(const std::string& word,
             const std::function<void(bench_options&)>& change) {
  auto plan = make_bench_plan(typed(change), target);
  CAPTURE(word);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().message.find(word) != std::string::npos);
}

} // namespace

TEST_CASE("by default 16 requests are kept in flight for 10 s") {
  auto plan = plan_of([](auto&) {});
  CHECK(plan.load.in_flight == 16);
  CHECK(plan.connections == 16);
  CHECK(plan.load.length == 10s);
  CHECK(plan.load.warm_up == 1s);
  CHECK(plan.load.threads == 1);
  CHECK(plan.form.method == "GET");
  CHECK_FALSE(plan.load.rates);
}

TEST_CASE("a rate makes an open loop, whose warm-up comes before it") {
  auto plan = plan_of([](auto& o) {
    o.rate = "100";
    o.duration = "4s";
    o.warm_up = "2s";
    o.arrivals = "even";
    o.bodies = {"x"};
  });
  REQUIRE(plan.load.rates);
  CHECK(plan.load.rates->length() == 6s);
  CHECK(plan.load.rates->total() == doctest::Approx(600));
  CHECK(plan.load.length == 4s);
  CHECK(plan.load.how == arrivals::even);
  CHECK(plan.form.method == "POST");
  REQUIRE(plan.form.fields.size() == 1);
  CHECK(plan.form.fields[0].first == "Content-Type");
}

TEST_CASE("connections are shared by threads, of which none is idle") {
  auto plan = plan_of([](auto& o) {
    o.in_flight = "3";
    o.threads = "8";
  });
  CHECK(plan.load.threads == 3);
  CHECK(plan.connections == 1);
}

TEST_CASE("an application gets POST, and a content type is not set twice") {
  auto plan = plan_of([](auto& o) {
    o.target = "hello";
    o.bodies = {"{}"};
    o.headers = {"content-type: x/y", "A:b"};
  });
  CHECK(plan.form.method == "POST");
  REQUIRE(plan.form.fields.size() == 2);
  CHECK(plan.form.fields[0].second == "x/y");
  CHECK(plan.form.fields[1].second == "b");
}

TEST_CASE("options that make no sense are refused by name") {
  refuses("0", [](auto& o) { o.rate = "0"; });
  refuses("-5", [](auto& o) { o.rate = "-5"; });
  refuses("--duration 0s", [](auto& o) { o.duration = "0s"; });
  refuses("--duration 5", [](auto& o) { o.duration = "5"; });
  refuses("--duration", [](auto& o) { o.duration = "99999h"; });
  refuses("--warm-up", [](auto& o) { o.warm_up = "-1s"; });
  refuses("--timeout", [](auto& o) { o.timeout = "0s"; });
  refuses("--in-flight 0", [](auto& o) { o.in_flight = "0"; });
  refuses("--in-flight 1.5", [](auto& o) { o.in_flight = "1.5"; });
  refuses("--threads", [](auto& o) { o.threads = "257"; });
  refuses("--connections", [](auto& o) { o.connections = "none"; });
  refuses("--seed", [](auto& o) { o.seed = "-1"; });
  refuses("--arrivals", [](auto& o) { o.arrivals = "odd"; });
  refuses("--header", [](auto& o) { o.headers = {"no colon"}; });
  refuses("--header", [](auto& o) { o.headers = {"A: b\r\nC: d"}; });
  refuses("--method", [](auto& o) { o.method = "G T"; });
  refuses("exclude", [](auto& o) { o.rate = o.in_flight = "5"; });
  refuses("need a --trace", [](auto& o) { o.speed = "5"; });
  refuses("p99", [](auto& o) { o.slo = "p99"; });
}

TEST_CASE("files that are not there are refused by name") {
  refuses("/no/file", [](auto& o) { o.bodies = {"@/no/file"}; });
  refuses("/no/folder/", [](auto& o) { o.bodies = {"@/no/folder/"}; });
  refuses("/no/trace", [](auto& o) { o.trace = "/no/trace"; });
  refuses("--speed", [](auto& o) {
    o.trace = "/dev/null";
    o.speed = "0";
  });
  refuses("/dev/null", [](auto& o) { o.trace = "/dev/null"; });
}
