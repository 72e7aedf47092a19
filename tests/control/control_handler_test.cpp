#include "control/control_handler.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace serval;

namespace {

/// A plane that answers when the test wants.
struct slow_plane : control_plane {
  std::vector<reply<std::vector<app_status>>> waiting;

  void deploy(command_header, app_spec, reply<app_status>) override {
    // nop
  }
  void scale(command_header, std::string, std::string, std::uint32_t,
             reply<app_status>) override {
    // nop
  }
  void remove(command_header, std::string, reply<void>) override {
    // nop
  }
  void adopt(command_header, std::string, reply<app_status>) override {
    // nop
  }
  void discard(command_header, std::string, reply<app_status>) override {
    // nop
  }
  void restart_app_master(command_header, std::string,
                          reply<app_status>) override {
    // nop
  }
  void list(reply<std::vector<app_status>> on_reply) override {
    waiting.push_back(std::move(on_reply));
  }
  void status(std::string, reply<app_status>) override {
    // nop
  }
  void explain(std::string, reply<std::vector<decision>>) override {
    // nop
  }
};

struct fake_exchange final : http_exchange {
  http_request asked;
  std::vector<int> statuses;

  http_request& request() noexcept override {
    return asked;
  }
  void respond(http_response response) override {
    statuses.push_back(response.status);
  }
};

struct fixture {
  slow_plane plane;
  artifact_store artifacts{"/nonexistent"};
  std::vector<std::function<void()>> posted;
  control_api api{{plane, artifacts, {}, {}, {}, {}, [] {
                     return std::string{"id"};
                   }, {}, {}}};
  control_handler handler{api, [this](auto job) {
                            posted.push_back(std::move(job));
                          }};

  void run_posted() {
    for (auto& each : std::exchange(posted, {}))
      each();
  }

  static void set_up(fake_exchange& exchange, std::string_view path) {
    exchange.asked.head.method = "GET";
    exchange.asked.head.path = path;
  }
};

} // namespace

TEST_CASE_FIXTURE(fixture, "an answer is given on the loop, once") {
  fake_exchange exchange;
  set_up(exchange, "/v1/applications");
  handler.handle(exchange);
  REQUIRE(plane.waiting.size() == 1);
  plane.waiting[0](std::vector<app_status>{});
  CHECK(exchange.statuses.empty());
  run_posted();
  CHECK(exchange.statuses == std::vector{200});
}

TEST_CASE_FIXTURE(fixture, "an answer for a client that is gone is dropped") {
  fake_exchange exchange;
  set_up(exchange, "/v1/applications");
  handler.handle(exchange);
  SUBCASE("gone before the answer") {
    handler.client_gone(exchange);
    plane.waiting[0](std::vector<app_status>{});
  }
  SUBCASE("gone between the answer and its turn on the loop") {
    plane.waiting[0](std::vector<app_status>{});
    handler.client_gone(exchange);
  }
  run_posted();
  CHECK(exchange.statuses.empty());
}
