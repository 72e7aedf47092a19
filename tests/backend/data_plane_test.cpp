// Goal: a request goes through trigger, dispatchers and inline workers of three
// layers on two loops, and comes back right; what fails, fails as promised.
// Method: the real actors on real loops with a real plugin, no network.

#include "backend/inline_body.hpp"
#include "base/sha256.hpp"
#include "support/small_node.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>

using namespace serval;
using namespace std::literals;

namespace {

constexpr auto test_plugin_path = SERVAL_TEST_PLUGINS "/test_strategy.so";

std::shared_ptr<shared_plugin> test_plugin() {
  return std::make_shared<shared_plugin>(
    test_plugin_path, sha256_hex_of_file(test_plugin_path).value(),
    [](const error& why) { FAIL_CHECK(why.message); });
}

small_node_setup release_of(std::vector<backend_spec> backends,
                            std::uint32_t max_requests = 100) {
  return {.plugin = test_plugin_path,
          .backends = std::move(backends),
          .max_requests = max_requests};
}

} // namespace

TEST_CASE("a thousand leaves in three layers are each asked once") {
  for (std::uint32_t workers : {1, 64}) {
    CAPTURE(workers);
    small_node node{release_of({make_backend("fan_out", 2),
                                make_backend("fan_mid", 4),
                                make_backend("leaf", workers)})};
    for (std::size_t loop : {0, 1, 0, 1})
      CHECK(node.ask("1000", loop) == outcome::success("1000 0 499500"));
    CHECK(node.in_progress() == 0);
  }
}

TEST_CASE("a call into a backend whose every slot is taken by its callers does "
          "not deadlock") {
  small_node node{release_of({make_backend("nested", 1)})};
  CHECK(node.ask("8") == outcome::success("bottom 1 2 3 4 5 6 7 8"));
}

TEST_CASE("a cycle of calls ends at the depth limit") {
  small_node node{
    release_of({make_backend("ping", 1), make_backend("pong", 1)})};
  CHECK(node.ask("x").code == errc::user_error);
}

TEST_CASE("user errors and rejects reach the trigger as such") {
  small_node node{release_of({make_backend("rejects", 1)})};
  CHECK(node.ask("422 no") == outcome::reject(422, "no"));
  small_node other{release_of({make_backend("throws", 1)})};
  auto what = other.ask("x");
  CHECK(what.code == errc::user_error);
  CHECK(what.body.find("thrown: x") != std::string::npos);
}

TEST_CASE("a request ends at its deadline and gives its place back") {
  small_node node{release_of({make_backend("sleeper", 1)})};
  CHECK(node.ask("60000", 0, 5ms).code == errc::deadline_exceeded);
  CHECK(node.in_progress() == 0);
  CHECK(node.ask("1") == outcome::success("slept"));
}

TEST_CASE("more than max_requests are refused as overload") {
  small_node node{release_of({make_backend("sleeper", 1, 10)}, 1)};
  std::promise<outcome> never;
  node.post_request("60000", 0, 10s, never);
  while (node.last_ticket == 0)
    std::this_thread::yield();
  auto first = node.last_ticket.load();
  CHECK(node.ask("1").code == errc::overload);
  CHECK(node.in_progress() == 1);
  node.cancel(first, 0);
  CHECK(node.in_progress() == 0);
}

TEST_CASE("a cancelled request frees the worker's slot") {
  small_node node{release_of({make_backend("sleeper", 1, 1)})};
  std::promise<outcome> never;
  node.post_request("60000", 1, 60s, never);
  while (node.last_ticket == 0)
    std::this_thread::yield();
  node.cancel(node.last_ticket, 1);
  CHECK(node.in_progress() == 0);
  CHECK(node.ask("1", 1) == outcome::success("slept"));
}

TEST_CASE("an instance that cannot be made ends its worker with the reason") {
  // Covered by the ended promise: a node whose worker never gets ready would
  // hang in its constructor, so this looks at the body alone.
  struct events final : worker_body_events {
    std::promise<error> why;
    void ready() override {
    }
    void ended(bool, error what) override {
      why.set_value(std::move(what));
    }
    void finished(std::vector<call_result>, duration) override {
    }
    void begin_map(map_ticket, call_id, map_request) override {
    }
    void end_map(map_ticket) override {
    }
    void log(std::string_view, std::uint32_t, std::string_view) override {
    }
  } heard;
  loop home{0};
  home.start();
  blocking_pool pool{1};
  settings config{{"fail", std::string{"construct"}}};
  std::unique_ptr<worker_body> body;
  home.post([&] {
    body = make_inline_body(
      {test_plugin(), make_backend("fragile", 1), config, {}}, home, pool,
      heard);
  });
  auto why = heard.why.get_future().get();
  CHECK(why.message.find("fragile") != std::string::npos);
  home.stop();
}
