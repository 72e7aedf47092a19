// Goal: calls that cross nodes keep the promises that calls within one make.
// Method: two or three small nodes in one process, each with loops of its own,
// and real links over loopback between them.

#include "peer/peer_net.hpp"

#include "peer/forwarder.hpp"
#include "support/small_node.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

using namespace serval;
using namespace std::literals;

namespace {

/// Backends by name; of those that are not named a node has no workers.
using workers = std::vector<std::pair<std::string, std::uint32_t>>;

small_node_setup node_of(std::string name, const workers& wanted,
                         std::string zone = {}) {
  small_node_setup setup;
  setup.plugin = SERVAL_TEST_PLUGINS "/test_strategy.so";
  for (auto backend : {"router", "fan_out", "fan_mid", "leaf", "echo",
                       "sleeper", "process"}) {
    std::uint32_t count = 0;
    for (auto& [known, number] : wanted)
      count = known == backend ? number : count;
    setup.backends.push_back(make_backend(backend, count));
  }
  setup.name = std::move(name);
  setup.zone = std::move(zone);
  return setup;
}

/// Asks until the answer is as wanted, or for long enough.
outcome ask_until(small_node& node, const std::string& request,
                  std::size_t loop, const std::function<bool(outcome)>& good) {
  auto end = std::chrono::steady_clock::now() + 10s;
  for (;;) {
    auto got = node.ask(request, loop);
    if (good(got) || std::chrono::steady_clock::now() > end)
      return got;
    std::this_thread::yield();
  }
}

/// Asks until each loop's link is there, and the worker known.
outcome ask_until_served(small_node& node, const std::string& request) {
  auto served = [](const outcome& got) { return got.ok(); };
  auto first = ask_until(node, request, 0, served);
  return first.ok() ? ask_until(node, request, 1, served) : first;
}

} // namespace

TEST_CASE("a call is answered by a worker of another node") {
  small_node a{node_of("a", {{"router", 2}})};
  small_node b{node_of("b", {{"echo", 2}})};
  CHECK_FALSE(a.ask("echo hello").ok());
  a.use_peers({b.as_peer()});
  CHECK(ask_until_served(a, "echo hello") == outcome::success("hello"));
  for (int i = 0; i < 200; ++i) {
    auto text = std::to_string(i);
    CHECK(a.ask("echo " + text, static_cast<std::size_t>(i % 2))
          == outcome::success(text));
  }
  SUBCASE("until the node is no longer named") {
    a.use_peers({});
    CHECK_FALSE(a.ask("echo hello").ok());
  }
}

TEST_CASE("a body of 20 MB crosses, beside small ones") {
  small_node a{node_of("a", {{"router", 4}})};
  small_node b{node_of("b", {{"echo", 4}})};
  a.use_peers({b.as_peer()});
  REQUIRE(ask_until_served(a, "echo x").ok());
  std::string big(20'000'000, 'b');
  std::promise<outcome> long_one;
  a.post_request("echo " + big, 0, 10s, long_one);
  for (int i = 0; i < 20; ++i)
    CHECK(a.ask("echo small") == outcome::success("small"));
  CHECK(long_one.get_future().get() == outcome::success(big));
}

TEST_CASE("leaves of a map are spread over nodes, and each is asked once") {
  small_node a{node_of("a", {{"fan_out", 2}, {"fan_mid", 2}, {"router", 2}})};
  small_node b{node_of("b", {{"leaf", 3}})};
  small_node c{node_of("c", {{"leaf", 5}}, "elsewhere")};
  a.use_peers({b.as_peer(), c.as_peer()});
  REQUIRE(ask_until_served(a, "leaf 1").ok());
  for (std::size_t loop : {0, 1})
    CHECK(a.ask("fan_out 1000", loop) == outcome::success("1000 0 499500"));
}

TEST_CASE("a worker elsewhere calls back into the node that called it") {
  small_node a{node_of("a", {{"router", 2}, {"leaf", 2}})};
  small_node b{node_of("b", {{"fan_mid", 1}})};
  a.use_peers({b.as_peer()});
  b.use_peers({a.as_peer()});
  REQUIRE(ask_until_served(a, "fan_mid 0 1").ok());
  // Until b knows a's leaves, too.
  auto all = outcome::success("50 0 1225");
  CHECK(ask_until(a, "fan_mid 0 50", 0,
                  [&](const outcome& got) { return got == all; })
        == all);
}

TEST_CASE("nobody elsewhere goes on working for a request that is over") {
  small_node a{node_of("a", {{"router", 2}})};
  small_node b{node_of("b", {{"sleeper", 1}})};
  a.use_peers({b.as_peer()});
  REQUIRE(ask_until_served(a, "sleeper 0").ok());
  SUBCASE("since its deadline has passed") {
    CHECK(a.ask("sleeper 3600000", 0, 50ms).code == errc::deadline_exceeded);
  }
  SUBCASE("since its client has gone") {
    std::promise<outcome> never;
    a.last_ticket = 0;
    a.post_request("sleeper 3600000", 0, 1h, never);
    while (a.last_ticket == 0)
      std::this_thread::yield();
    a.cancel(a.last_ticket, 0);
  }
  // The only slot is free.
  CHECK(a.ask("sleeper 0", 1).ok());
}

TEST_CASE("a worker elsewhere drains without a request noticing") {
  small_node a{node_of("a", {{"router", 4}})};
  small_node b{node_of("b", {{"echo", 2}})};
  a.use_peers({b.as_peer()});
  REQUIRE(ask_until_served(a, "echo x").ok());
  std::atomic<bool> drained = false;
  std::thread drains{[&] {
    b.end_worker_at(0);
    drained = true;
  }};
  int failed = 0;
  for (int i = 0; i < 100 || !drained; ++i)
    failed += a.ask("echo x", static_cast<std::size_t>(i % 2)).ok() ? 0 : 1;
  drains.join();
  CHECK(failed == 0);
}

TEST_CASE("what a lost link had may have begun, and the next link serves") {
  small_node a{node_of("a", {{"router", 4}})};
  small_node b{node_of("b", {{"sleeper", 2}, {"echo", 2}})};
  forwarder between{b.as_peer().address.port};
  auto peer = b.as_peer();
  peer.address.port = between.port();
  a.use_peers({peer});
  REQUIRE(ask_until_served(a, "sleeper 0").ok());
  std::promise<outcome> caught;
  a.post_request("sleeper 3600000", 0, 1h, caught);
  // Calls of one loop go over one link, in order.
  REQUIRE(ask_until_served(a, "echo x").ok());
  between.cut();
  auto got = caught.get_future().get();
  CHECK(got.code == errc::user_error); // The router's own answer.
  CHECK(got.maybe_executed);
  CHECK(ask_until_served(a, "sleeper 0").ok());
}

TEST_CASE("a node that went silent costs others nothing") {
  small_node a{node_of("a", {{"router", 4}})};
  small_node b{node_of("b", {{"echo", 2}})};
  small_node c{node_of("c", {{"sleeper", 1}})};
  forwarder between{c.as_peer().address.port};
  auto peer = c.as_peer();
  peer.address.port = between.port();
  a.use_peers({b.as_peer(), peer});
  REQUIRE(ask_until_served(a, "echo x").ok());
  REQUIRE(ask_until_served(a, "sleeper 0").ok());
  between.freeze();
  std::promise<outcome> stuck;
  a.post_request("sleeper 0", 0, 1h, stuck);
  auto answer = stuck.get_future();
  // Until the silence is noticed, and while nobody answers who is dialed.
  int failed = 0;
  while (answer.wait_for(0s) != std::future_status::ready)
    failed += a.ask("echo x").ok() ? 0 : 1;
  CHECK_FALSE(answer.get().ok());
  for (int i = 0; i < 100; ++i)
    failed += a.ask("echo x").ok() ? 0 : 1;
  CHECK(failed == 0);
  between.thaw();
  CHECK(ask_until_served(a, "sleeper 0").ok());
}
