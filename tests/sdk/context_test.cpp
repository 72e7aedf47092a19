// What a backend sees of map, call, sleep and time, and how the fake
// application of serval/testing.hpp plays the host.

#include "serval/serval.hpp"
#include "serval/testing.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using serval::call_outcome;
using serval::context;
using serval::until;
using serval::testing::failure;
using serval::testing::fake_app;

/// Answers "5ms" after five milliseconds; "dead", "no" and "bug" as they say.
std::string leaf(context& ctx, std::string_view request) {
  if (request == "dead")
    throw failure{call_outcome::worker_died, "signal 11"};
  if (request == "no")
    throw serval::reject(404, "not here");
  if (request == "bug")
    throw std::runtime_error("a bug");
  if (request.ends_with("ms"))
    ctx.sleep(std::stoi(std::string{request}) * 1ms);
  return std::string{request};
}

/// Runs `body` as the entry backend above `leaf`, with a 100 ms deadline.
void run(auto body) {
  fake_app app;
  app.add("leaf", leaf);
  app.add("top", [&](context& ctx, std::string_view) {
    body(ctx);
    return std::string{};
  });
  app.call("top", "", 100ms);
}

std::vector<std::string> answers(const serval::map_result& results) {
  std::vector<std::string> found;
  for (auto each : results)
    found.emplace_back(each.ok() ? each.body : to_string(each.outcome));
  return found;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("a map answers in the order of its pieces, whoever is slow") {
  run([](context& ctx) {
    auto results = ctx.map("leaf", {"30ms", "x", "10ms"});
    CHECK(results.complete());
    CHECK(answers(results) == strings{"30ms", "x", "10ms"});
    CHECK(ctx.remaining() == 70ms);
  });
}

TEST_CASE("a map without pieces is done at once") {
  run([](context& ctx) {
    auto results = ctx.map("leaf", strings{});
    CHECK(results.empty());
    CHECK(results.complete());
    CHECK(results.missing().empty());
  });
}

TEST_CASE("a piece that fails is missing, with the reason; the others stay") {
  run([](context& ctx) {
    auto results = ctx.map("leaf", {"a", "dead", "no", "bug", "b"});
    CHECK(!results.complete());
    CHECK(results[0].body == "a");
    CHECK(results[4].body == "b");
    auto missing = results.missing();
    REQUIRE(missing.size() == 3);
    CHECK(missing[0].index == 1);
    CHECK(missing[0].outcome == call_outcome::worker_died);
    CHECK(missing[0].body == "signal 11");
    CHECK(missing[1].outcome == call_outcome::rejected);
    CHECK(missing[1].reject_status == 404);
    CHECK(missing[1].body == "not here");
    CHECK(missing[2].outcome == call_outcome::failed);
    CHECK(missing[2].body == "a bug");
  });
}

TEST_CASE("a quorum is met by the first that succeed") {
  run([](context& ctx) {
    auto results = ctx.map("leaf", {"9ms", "bug", "1ms", "5ms"},
                           until::quorum(2));
    CHECK(answers(results) == strings{"not_needed", "failed", "1ms", "5ms"});
    CHECK(ctx.remaining() == 95ms);
  });
}

TEST_CASE("the best by a time leaves out what is late") {
  run([](context& ctx) {
    auto results = ctx.map("leaf", {"50ms", "1ms"}, until::best_by(20ms));
    CHECK(answers(results) == strings{"deadline", "1ms"});
    CHECK(ctx.remaining() == 80ms);
  });
}

TEST_CASE("an unknown backend shows as invalid pieces") {
  run([](context& ctx) {
    CHECK(ctx.map("nobody", {"a"})[0].outcome == call_outcome::invalid);
  });
}

TEST_CASE("a passed deadline leaves map and sleep as cancelled") {
  CHECK_THROWS_AS(run([](context& ctx) { ctx.map("leaf", {"500ms"}); }),
                  serval::cancelled);
  CHECK_THROWS_AS(run([](context& ctx) { ctx.sleep(500ms); }),
                  serval::cancelled);
}

TEST_CASE("who swallows a cancel is cancelled again") {
  CHECK_THROWS_AS(run([](context& ctx) {
                    CHECK_THROWS_AS(ctx.sleep(500ms), serval::cancelled);
                    CHECK(ctx.cancelled());
                    ctx.map("leaf", {"a"});
                  }),
                  serval::cancelled);
}

TEST_CASE("a call returns the answer or throws what is known") {
  run([](context& ctx) {
    CHECK(ctx.call("leaf", "a") == "a");
    try {
      ctx.call("leaf", "no");
      FAIL("no exception");
    } catch (const serval::call_failed& problem) {
      CHECK(problem.outcome() == call_outcome::rejected);
      CHECK(problem.reject_status() == 404);
      CHECK(problem.what()
            == std::string{"backend \"leaf\": rejected: not here"});
    }
  });
}

TEST_CASE("a cycle of calls ends at the greatest depth") {
  fake_app app;
  int calls = 0;
  app.add("loop", [&](context& ctx, std::string_view) {
    ++calls;
    return ctx.call("loop", "");
  });
  CHECK_THROWS_AS(app.call("loop", ""), serval::call_failed);
  CHECK(calls == 17);
}

TEST_CASE("results can be moved and outlive the statement that made them") {
  run([](context& ctx) {
    serval::map_result kept;
    {
      auto results = ctx.map("leaf", {"a", "b"});
      kept = std::move(results);
      CHECK(results.size() == 0);
    }
    CHECK(answers(kept) == strings{"a", "b"});
  });
}

TEST_CASE("a line of the log reaches the test") {
  fake_app app;
  app.add("top", [](context& ctx, std::string_view) {
    ctx.log.info("one");
    ctx.log.error(std::string{"two"});
    return std::string{ctx.request_id()};
  });
  CHECK(app.call("top", "") == "fake-request");
  CHECK(app.log_lines() == strings{"one", "two"});
}
