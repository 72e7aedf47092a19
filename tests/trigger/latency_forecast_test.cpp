#include "trigger/latency_forecast.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

TEST_CASE("without experience only the queue counts") {
  latency_forecast forecast;
  CHECK(forecast.expected(30ms) == 30ms);
  CHECK(forecast.in_time(30ms, 30ms));
  CHECK_FALSE(forecast.in_time(31ms, 30ms));
}

TEST_CASE("steady requests are foretold closely, whatever they queued for") {
  latency_forecast forecast;
  random_source random{7};
  for (int i = 0; i < 200; ++i) {
    auto queueing = std::chrono::milliseconds{random.below(1000)};
    forecast.learn(queueing, queueing + 50ms);
  }
  CHECK(forecast.expected(0ms) >= 50ms);
  CHECK(forecast.expected(0ms) <= 51ms);
  CHECK(forecast.expected(300ms) <= 351ms);
}

TEST_CASE("the more requests differ, the more room is left") {
  latency_forecast forecast;
  for (int i = 0; i < 200; ++i)
    forecast.learn(0ms, i % 2 == 0 ? 10ms : 90ms);
  CHECK(forecast.expected(0ms) > 90ms);
}

TEST_CASE("estimates that were too long teach no negative times") {
  latency_forecast forecast;
  for (int i = 0; i < 20; ++i)
    forecast.learn(1s, 1ms);
  CHECK(forecast.expected(5ms) >= 5ms);
}
