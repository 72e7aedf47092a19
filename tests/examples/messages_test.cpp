// What a client may ask, and what the layers tell each other.

#include "messages.hpp"

#include "serval/json.hpp"

#include <doctest/doctest.h>

using namespace bank_monitor;

namespace {

query parse(std::string_view text) {
  return serval::from_json<query>(text);
}

/// The message with which a request is rejected.
std::string refusal(std::string_view text) {
  try {
    parse(text);
  } catch (const serval::reject& problem) {
    CHECK(problem.status() == 400);
    return problem.message();
  }
  return "accepted";
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("an empty object asks for everything") {
  auto all = parse("{}");
  CHECK(all.window.points == 288);
  CHECK(!all.window.at);
  CHECK(!all.banks);
}

TEST_CASE("each member of a request is read") {
  auto some = parse(R"({"points": 1000000, "at": "1970-01-01T00:01:00Z",
                        "banks": {"a": [], "b c": ["x", "y"]}})");
  CHECK(some.window.points == 1000000);
  CHECK(some.window.at == 60);
  REQUIRE(some.banks);
  CHECK(some.banks->at("a").empty());
  CHECK(some.banks->at("b c") == std::vector<std::string>{"x", "y"});
}

TEST_CASE("a malformed request is refused, naming what is wrong") {
  for (auto text : {"", "[]", "null", "{", "1"})
    CHECK_MESSAGE(refusal(text) != "accepted", text);
  for (auto text :
       {R"({"points": 0})", R"({"points": 1000001})", R"({"points": -1})",
        R"({"points": 1.5})", R"({"points": "9"})", R"({"points": null})",
        R"({"points": 99999999999999999999})"})
    CHECK_MESSAGE(contains(refusal(text), "\"points\" must be"), text);
  for (auto text : {R"({"at": 5})", R"({"at": "yesterday"})", R"({"at": ""})"})
    CHECK_MESSAGE(contains(refusal(text), "\"at\" must be"), text);
  CHECK(contains(refusal(R"({"banks": []})"), "\"banks\" must be"));
  CHECK(contains(refusal(R"({"banks": {"a": "x"}})"), "array of names"));
  CHECK(contains(refusal(R"({"banks": {"a": [1]}})"), "must be strings"));
  CHECK(contains(refusal(R"({"point": 5})"), "unknown member \"point\""));
}

TEST_CASE("a name may not lead out of the folder") {
  for (std::string name : {"", ".", "..", "a/b", "/", "a\\\\b", "a\\u0000b"}) {
    CHECK_MESSAGE(
      contains(refusal("{\"banks\": {\"" + name + "\": []}}"), "not allowed"),
      name);
    CHECK_MESSAGE(contains(refusal("{\"banks\": {\"a\": [\"" + name + "\"]}}"),
                           "not allowed"),
                  name);
  }
  CHECK(refusal(R"({"banks": {"...": ["a..b"]}})") == "accepted");
}

TEST_CASE("tasks and replies survive the way between layers") {
  bank_task bank{"b", {"x"}, {7, 60}};
  auto bank_read = serval::from_json<bank_task>(serval::to_json(bank));
  CHECK(bank_read.bank == "b");
  CHECK(bank_read.indicators == bank.indicators);
  CHECK(bank_read.window.points == 7);
  CHECK(bank_read.window.at == 60);

  indicator_task task{"b", "x", {7, std::nullopt}};
  auto task_read = serval::from_json<indicator_task>(serval::to_json(task));
  CHECK(task_read.indicator == "x");
  CHECK(!task_read.window.at);

  bank_reply reply;
  indicator_report report;
  report.count = 12;
  report.state = indicator_state::anomaly;
  report.z = 0.1;
  report.mean = 1e300;
  reply.report = report_on({{"x", report}, {"empty", {}}});
  reply.skipped_lines = 3;
  reply.missing = {{"b", "y", {reason::worker_died, "signal 11"}},
                   {"c", std::nullopt, {reason::timeout, ""}}};
  auto read = serval::from_json<bank_reply>(serval::to_json(reply));
  CHECK(read.skipped_lines == 3);
  CHECK(read.report.state == bank_state::critical);
  CHECK(read.report.indicators.at("x").z == 0.1);
  CHECK(read.report.indicators.at("x").mean == 1e300);
  CHECK(read.report.indicators.at("empty").state == indicator_state::no_data);
  REQUIRE(read.missing.size() == 2);
  CHECK(read.missing[0].indicator == "y");
  CHECK(read.missing[0].why.reason == reason::worker_died);
  CHECK(read.missing[0].why.detail == "signal 11");
  CHECK(!read.missing[1].indicator);
}
