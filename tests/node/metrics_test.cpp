#include "node/backend_metrics.hpp"
#include "node/request_metrics.hpp"

#include <doctest/doctest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

using namespace serval;
using namespace std::literals;

TEST_CASE("requests are counted by application, status and loop") {
  prometheus::Registry registry;
  request_metrics metrics{registry};
  request_metrics::observer loop0{metrics, 0};
  request_metrics::observer loop1{metrics, 1};
  loop0.request_started("bank");
  loop0.request_finished("bank", 200, 3ms);
  loop0.request_started("bank");
  loop1.request_refused("", 404);
  auto text = prometheus::TextSerializer{}.Serialize(registry.Collect());
  CHECK(text.find(R"(serval_requests_total{application="bank",loop="0",)"
                  R"(status="200"} 1)")
        != std::string::npos);
  CHECK(text.find(R"(serval_requests_total{application="",loop="1",)"
                  R"(status="404"} 1)")
        != std::string::npos);
  CHECK(text.find(R"(serval_requests_in_flight{application="bank",)"
                  R"(loop="0"} 1)")
        != std::string::npos);
}

TEST_CASE("a backend's calls add up over loops and releases") {
  backend_metrics metrics;
  backend_counters counters;
  counters.record(outcome::success(""), 1ms);
  counters.record(outcome::failure(errc::overload, ""), 1h);
  counters.in_flight = 2;
  counters.retries = 5;
  counters.ejections[static_cast<std::size_t>(ejection::silent)] = 1;
  counters.ejected = 1;
  metrics.update("bank", "leaf", 0, {1}, counters);
  metrics.update("bank", "leaf", 1, {1}, counters);
  metrics.update("bank", "leaf", 1, {1}, counters); // Replaces the last.
  metrics.retire("bank", {1});
  metrics.update("bank", "leaf", 0, {2}, counters);
  auto text = prometheus::TextSerializer{}.Serialize(metrics.Collect());
  auto calls = R"(serval_backend_calls_total{application="bank",)"
               R"(backend="leaf",outcome=)"s;
  CHECK(text.find(calls + R"("ok"} 3)") != std::string::npos);
  CHECK(text.find(calls + R"("overload"} 3)") != std::string::npos);
  CHECK(text.find(R"(serval_backend_calls_in_flight{application="bank",)"
                  R"(backend="leaf"} 2)")
        != std::string::npos);
  CHECK(text.find(R"(le="+Inf"} 6)") != std::string::npos);
  CHECK(text.find(R"(serval_backend_retries_total{application="bank",)"
                  R"(backend="leaf"} 15)")
        != std::string::npos);
  CHECK(text.find(R"(serval_backend_ejections_total{application="bank",)"
                  R"(backend="leaf",cause="silent"} 3)")
        != std::string::npos);
  // What is over has nobody ejected any more.
  CHECK(text.find(R"(serval_backend_workers_ejected{application="bank",)"
                  R"(backend="leaf"} 1)")
        != std::string::npos);
}

TEST_CASE("a worker that several loops have ejected is told as one") {
  backend_metrics metrics;
  backend_counters counters;
  counters.ejected = 1;
  metrics.update("bank", "leaf", 0, {1}, counters);
  metrics.update("bank", "leaf", 1, {1}, counters);
  metrics.update("bank", "root", 0, {1}, {});
  CHECK(metrics.ejected("bank", "leaf") == 1);
  CHECK(metrics.ejected("bank", "root") == 0);
  CHECK(metrics.ejected("shop", "leaf") == 0);
  metrics.retire("bank", {1});
  CHECK(metrics.ejected("bank", "leaf") == 0);
}

TEST_CASE("applications that come and go do not add series for ever") {
  prometheus::Registry registry;
  request_metrics requests{registry};
  request_metrics::observer loop{requests, 0};
  backend_metrics backends;
  backend_counters counters;
  counters.record(outcome::success(""), 1ms);
  constexpr std::size_t count = 3 * request_metrics::max_applications;
  for (std::size_t i = 0; i < count; ++i) {
    auto name = "app" + std::to_string(i);
    loop.request_started(name);
    loop.request_finished(name, 200, 1ms);
    backends.update(name, "leaf", 0, {1}, counters);
    backends.retire(name, {1});
  }
  auto names = request_metrics::max_applications + 1;
  double answered = 0;
  for (const auto& family : registry.Collect()) {
    CHECK(family.metric.size() <= names);
    if (family.name == "serval_requests_total")
      for (const auto& each : family.metric)
        answered += each.counter.value;
  }
  CHECK(answered == count);
  double calls = 0;
  for (const auto& family : backends.Collect()) {
    CHECK(family.metric.size() <= names * ejection_count);
    if (family.name == "serval_backend_calls_total")
      for (const auto& each : family.metric)
        calls += each.counter.value;
  }
  CHECK(calls == count);
}
