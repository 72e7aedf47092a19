#include "cli/local_strategy.hpp"

#include "support/test_plugin.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

app_spec spec_of(std::string entry, std::vector<backend_spec> backends) {
  app_spec spec;
  spec.name = "app";
  spec.entry = std::move(entry);
  spec.backends = std::move(backends);
  return spec;
}

backend_spec backend(std::string name, std::uint32_t workers) {
  backend_spec spec;
  spec.name = std::move(name);
  spec.workers = workers;
  return spec;
}

outcome run(const app_spec& spec, std::string body,
            duration timeout = std::chrono::seconds{30}) {
  auto strategy = local_strategy::start(spec, test_plugin("test_strategy"));
  REQUIRE_MESSAGE(strategy.has_value(),
                  (strategy ? "" : strategy.error().message));
  return (*strategy)->call(std::move(body), timeout);
}

} // namespace

TEST_CASE("a thousand leaves in three layers are each asked once") {
  for (std::uint32_t workers : {1, 64}) {
    CAPTURE(workers);
    auto answer = run(spec_of("fan_out", {backend("fan_mid", workers),
                                          backend("fan_out", 1),
                                          backend("leaf", workers)}),
                      "1000");
    CHECK(answer.body == "1000 0 499500");
  }
}

TEST_CASE("a backend that calls itself does not wait for its own slot") {
  CHECK(run(spec_of("nested", {backend("nested", 1)}), "5").body
        == "bottom 1 2 3 4 5");
}

TEST_CASE("failures are told as they are") {
  auto rejected = run(spec_of("rejects", {backend("rejects", 1)}), "418 no");
  CHECK(rejected.reject_status == 418);
  CHECK(rejected.body == "no");
  auto thrown = run(spec_of("throws", {backend("throws", 1)}), "x");
  CHECK(thrown.code == errc::user_error);
  auto late = run(spec_of("sleeper", {backend("sleeper", 1)}), "60000", 20ms);
  CHECK(late.code == errc::deadline_exceeded);
}

TEST_CASE("settings reach the backend, its own before the application's") {
  auto reader = backend("settings", 1);
  reader.config = {{"a", "backend"}};
  auto spec = spec_of("settings", {reader});
  spec.config = {{"a", "app"}, {"b", "app"}};
  CHECK(run(spec, "a").body == "backend");
  CHECK(run(spec, "b").body == "app");
}

TEST_CASE("a strategy that cannot start says why") {
  auto unknown = local_strategy::start(spec_of("x", {backend("nobody", 1)}),
                                       test_plugin("test_strategy"));
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().message.find("nobody") != std::string::npos);
  CHECK_FALSE(local_strategy::start(spec_of("x", {}), "/no/such.so")
                .has_value());
}
