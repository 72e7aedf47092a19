// Goal: clients get no more of the server than it can give, and those that hold
// the most without taking anything go first. Method: raw sockets.

#include "server_fixture.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

using namespace serval;
using namespace std::literals;

TEST_CASE("one address cannot hold all connections") {
  address_counts addresses{3, 1};
  http_limits limits;
  limits.addresses = &addresses;
  server_fixture node{limits};
  std::vector<raw_client> held(3);
  for (auto& client : held)
    CHECK(client.connect(node.port));
  node.wait_for([&] { return node.stats().connections == 3; });
  raw_client fourth{node.port};
  CHECK(fourth.receive().status == 503);
  CHECK(node.handler.shed_because(shed_reason::address) == 1);
  held.pop_back();
  node.wait_for([&] { return node.stats().connections == 2; });
  raw_client next{node.port};
  CHECK(next.ask(request_of("GET", "/")).status == 200);
}

TEST_CASE("when memory is short, idle connections go, then new ones, then "
          "slow ones") {
  memory_gauge memory = memory_stage::ample;
  http_limits limits;
  limits.memory = &memory;
  limits.short_idle_timeout = 5ms;
  limits.tick = 5ms;
  server_fixture node{limits};
  auto head = request_of("POST", "/", "", "Content-Length: 9\r\n");
  raw_client idle{node.port};
  CHECK(idle.ask(request_of("GET", "/")).status == 200);
  raw_client working{node.port};
  working.send(request_of("GET", "/hold"));
  raw_client slow{node.port};
  slow.send(head + "12345");
  node.wait_for([&] { return node.handler.held_count == 1; });
  memory = memory_stage::shrink;
  CHECK(idle.ended());
  raw_client fresh{node.port};
  CHECK(fresh.ask(request_of("GET", "/")).status == 200);
  memory = memory_stage::refuse;
  raw_client refused{node.port};
  CHECK(refused.receive().status == 503);
  slow.send("678");
  CHECK(slow.receive().status == 503);
  memory = memory_stage::shrink;
  raw_client stalled{node.port};
  stalled.send("GET / HTTP/1.1\r\n");
  node.wait_for([&] { return node.stats().accepted == 6; });
  memory = memory_stage::critical;
  CHECK(stalled.ended());
  // What runs is answered: it is what memory is for.
  node.answer_held();
  CHECK(working.receive().status == 200);
  CHECK(node.handler.shed_because(shed_reason::memory) >= 3);
}

TEST_CASE("short of memory, connections in use are kept") {
  memory_gauge memory = memory_stage::shrink;
  http_limits limits;
  limits.memory = &memory;
  limits.short_idle_timeout = 1h;
  limits.tick = 1ms;
  server_fixture node{limits};
  raw_client client{node.port};
  CHECK(client.ask(request_of("GET", "/")).status == 200);
  memory = memory_stage::refuse;
  raw_client refused{node.port};
  CHECK(refused.receive().status == 503);
  auto ticks = node.handler.ticks.load();
  node.wait_for([&] { return node.handler.ticks > ticks + 2; });
  CHECK(client.ask(request_of("GET", "/")).status == 200);
}

TEST_CASE("a request that came while its loop was busy is not met by the end "
          "of its idle connection") {
  http_limits limits;
  limits.idle_timeout = 20ms;
  limits.tick = 20ms;
  server_fixture node{limits};
  raw_client client{node.port};
  CHECK(client.ask(request_of("GET", "/")).status == 200);
  node.on_loop([&] {
    // Comes between the tick being due and being run, which is the time in
    // which the loop has not looked at its sockets.
    boost::asio::post(node.loop,
                      [&] { client.send(request_of("GET", "/")); });
    auto due = std::chrono::steady_clock::now() + limits.tick * 2;
    node.wait_for([&] { return std::chrono::steady_clock::now() > due; });
  });
  CHECK(client.receive().status == 200);
}

TEST_CASE("answers that nobody takes are bounded in all") {
  http_limits limits;
  limits.unsent_bytes_in_all = 100'000'000;
  limits.tick = 5ms;
  server_fixture node{limits};
  node.on_loop([&] {
    node.handler.custom.emplace();
    node.handler.custom->body = std::string(30'000'000, 'x');
  });
  std::vector<raw_client> clients;
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back(node.port);
    clients.back().send(request_of("GET", "/"));
    node.wait_for([&] { return node.handler.handled == i + 1; });
  }
  // Of 150 MB less what the kernel holds, at least the first two's must go.
  node.wait_for(
    [&] { return node.handler.shed_because(shed_reason::unsent) >= 1; });
  CHECK(clients.front().receive().status == 0);
  CHECK(clients.back().receive().status == 200);
}

TEST_CASE("the last answer of a connection ends it, however it is taken") {
  server_fixture node;
  node.on_loop([&] {
    node.handler.custom.emplace();
    node.handler.custom->body = std::string(8'000'000, 'x');
  });
  for (int i = 0; i < 10; ++i) {
    raw_client client{node.port};
    client.send(request_of("GET", "/", "", "Connection: close\r\n"));
    CHECK(client.receive().body.size() == 8'000'000);
    CHECK(client.ended());
  }
}

TEST_CASE("a client that never takes its answer from the kernel is cut") {
  http_limits limits;
  limits.write_timeout = 50ms;
  limits.idle_timeout = 1h;
  server_fixture node{limits};
  node.on_loop([&] {
    node.handler.custom.emplace();
    node.handler.custom->body = std::string(100'000, 'x');
  });
  raw_client client;
  client.take_little();
  REQUIRE(client.connect(node.port));
  client.send(request_of("GET", "/"));
  node.wait_for([&] { return node.stats().connections == 1; });
  node.wait_for([&] { return node.stats().connections == 0; });
}
