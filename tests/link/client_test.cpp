// Goal: what the client SDK promises its user. Method: a real RPC listener on a
// thread of its own, with an application that the test answers for. This file
// uses the client through its public header and its shared library only.

#include "serval/client.hpp"

#include "link/rpc_test_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

using namespace serval;
using namespace std::literals;

TEST_CASE("a call gets its answer") {
  rpc_test_server server;
  client subject{server.address()};
  CHECK(subject.connected());
  auto reply = subject.call("echo", "hello", {.request_id = "r-1"});
  CHECK(reply.ok());
  CHECK(reply.status == 200);
  CHECK(reply.body == "hello");
  CHECK(reply.request_id == "r-1");
}

TEST_CASE("bodies are bytes, of any length up to the limit") {
  rpc_test_server server;
  client subject{server.address()};
  std::string bytes(3'000'000, '\0');
  bytes[1] = '\xff';
  CHECK(subject.call("echo", bytes).body == bytes);
  CHECK(subject.call("echo", "").body.empty());
  auto reply = subject.call("echo", std::string(70'000'000, 'x'));
  CHECK(reply.status == 413);
  CHECK_FALSE(reply.maybe_executed);
  CHECK(subject.call("echo", "still here").ok());
}

TEST_CASE("failures say what happened and whether to try again") {
  rpc_test_server server;
  client subject{server.address()};
  auto unknown = subject.call("nobody", "");
  CHECK(unknown.status == 404);
  CHECK(unknown.code == "not_found");
  auto rejected = subject.call("reject", "");
  CHECK(rejected.status == 422);
  CHECK(rejected.code == "rejected");
  CHECK(rejected.body == "not today");
}

TEST_CASE("a call without an answer ends at its timeout") {
  rpc_test_server server;
  client subject{server.address()};
  auto reply = subject.call("silent", "", {.timeout = 20ms});
  CHECK(reply.status == 504);
  CHECK(reply.code == "deadline_exceeded");
  server.wait_for_cancels(1);
}

TEST_CASE("a cancelled call ends at once and frees the server") {
  rpc_test_server server;
  client subject{server.address()};
  std::promise<client_reply> ended;
  auto call = subject.start(
    "silent", "", {},
    [&](client_reply reply) { ended.set_value(std::move(reply)); });
  subject.cancel(call);
  subject.cancel(call);
  auto reply = ended.get_future().get();
  CHECK(reply.status == 499);
  CHECK(reply.code == "cancelled");
  server.wait_for_cancels(1);
}

TEST_CASE("many threads share a client, and every reply is its caller's") {
  rpc_test_server server;
  client subject{server.address()};
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        auto text = std::to_string(t) + ":" + std::to_string(i);
        if (subject.call("echo", text).body != text)
          ++wrong;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("thousands of calls in progress at once are all answered") {
  rpc_test_server server;
  client subject{server.address()};
  std::vector<std::future<client_reply>> replies;
  for (int i = 0; i < 4'000; ++i)
    replies.push_back(subject.call_async("echo", std::to_string(i)));
  for (int i = 0; i < 4'000; ++i)
    CHECK(replies[static_cast<std::size_t>(i)].get().body
          == std::to_string(i));
}

TEST_CASE("a handler may call again, but not wait") {
  rpc_test_server server;
  client subject{server.address()};
  std::promise<std::string> second;
  std::promise<bool> threw;
  subject.start("echo", "one", {}, [&](client_reply) {
    try {
      subject.call("echo", "x");
      threw.set_value(false);
    } catch (const std::logic_error&) {
      threw.set_value(true);
    }
    subject.start("echo", "two", {}, [&](client_reply reply) {
      second.set_value(reply.body);
    });
  });
  CHECK(threw.get_future().get());
  CHECK(second.get_future().get() == "two");
}

TEST_CASE("calls in progress fail when the server goes, and calls work again "
          "when it is back") {
  std::optional<rpc_test_server> server{std::in_place};
  auto address = server->address();
  client subject{address};
  auto pending = subject.call_async("silent", "");
  server->wait_for_starts(1);
  server.reset();
  auto lost = pending.get();
  CHECK(lost.status == 502);
  CHECK(lost.code == "link_lost");
  CHECK(lost.maybe_executed);
  auto refused = subject.call("echo", "");
  CHECK(refused.status == 503);
  CHECK_FALSE(refused.maybe_executed);
  server.emplace(address);
  while (!subject.call("echo", "").ok())
    std::this_thread::yield();
}

TEST_CASE("a client that goes away ends its calls") {
  rpc_test_server server;
  std::future<client_reply> pending;
  {
    client subject{server.address()};
    pending = subject.call_async("silent", "");
    server.wait_for_starts(1);
  }
  CHECK(pending.get().status == 499);
  server.wait_for_cancels(1);
}

TEST_CASE("an address without a node is an error that says so") {
  auto message = [](const std::string& address) -> std::string {
    try {
      client subject{address, {.connect_within = 50ms}};
    } catch (const client_error& failure) {
      return failure.what();
    }
    return "connected";
  };
  CHECK(message("127.0.0.1:1").find("cannot reach a Serval node at "
                                    "127.0.0.1:1: cannot connect")
        == 0);
  CHECK(message("nonsense").find("is no address") != std::string::npos);
}
