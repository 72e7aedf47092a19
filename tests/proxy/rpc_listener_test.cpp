// Goal: RPC over real sockets. Method: a listener and a raw link as its client
// on one loop.

#include "proxy/rpc_listener.hpp"

#include "link/link_dialer.hpp"
#include "link/pumped_loop.hpp"
#include "link/recorder.hpp"
#include "proxy/fake_entry.hpp"
#include "wire/damage.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

namespace {

rpc_settings settings_with(std::uint32_t connections) {
  rpc_settings result;
  result.now = [] { return time_point{100s}; };
  result.wall_now = [] { return wall_time{}; };
  result.connections = connections;
  return result;
}

struct fixture {
  explicit fixture(std::uint32_t connections = 100)
    : listener(loop.context(), settings_with(connections), observer, nullptr) {
    std::vector<route> routes;
    routes.push_back({.path = "/a", .application = "app", .entry = &entry});
    listener.use(std::make_shared<routing_table>(std::move(routes)));
    auto listening = listener.listen({"127.0.0.1", 0});
    REQUIRE(listening);
    address = {"127.0.0.1", *listening, {}};
  }

  std::unique_ptr<link_dialer> dial(link_recorder& recorder,
                                    link_role role = link_role::client) {
    link_settings settings;
    settings.hello.role = role;
    return std::make_unique<link_dialer>(loop.context(), address, settings,
                                         dial_settings{}, 1, recorder);
  }

  void call(link_dialer& link, std::uint64_t id, std::string_view body) {
    rpc_call_message message;
    message.id = id;
    message.application = "app";
    message.body = body;
    CHECK(link.send(traffic_class::request, encoder.encode(message)));
  }

  pumped_loop loop;
  fake_entry entry;
  fake_observer observer;
  rpc_listener listener;
  link_address address;
  rpc_encoder encoder;
};

std::string reply_body(const link_recorder& recorder, std::size_t index) {
  aligned_bytes bytes{as_bytes_view(recorder.messages.at(index).text)};
  auto message = decode_rpc_message(bytes.view());
  REQUIRE(message);
  return std::string{std::get<rpc_reply_message>(*message).outcome.body};
}

} // namespace

TEST_CASE("clients call over RPC and get their answers") {
  fixture f;
  f.entry.answer_at_once = [](const external_request& request) {
    return outcome::success("re: " + request.body);
  };
  link_recorder one;
  link_recorder two;
  auto first = f.dial(one);
  auto second = f.dial(two);
  f.loop.run_until([&] { return one.ready + two.ready == 2; });
  CHECK(f.listener.connections() == 2);
  f.call(*first, 1, "1");
  f.call(*second, 1, "2");
  f.loop.run_until(
    [&] { return one.messages.size() + two.messages.size() == 2; });
  CHECK(reply_body(one, 0) == "re: 1");
  CHECK(reply_body(two, 0) == "re: 2");
}

TEST_CASE("a client that disconnects cancels its requests, and no others") {
  fixture f;
  link_recorder one;
  link_recorder two;
  auto first = f.dial(one);
  auto second = f.dial(two);
  f.loop.run_until([&] { return one.ready + two.ready == 2; });
  f.call(*first, 1, "");
  f.call(*first, 2, "");
  f.call(*second, 1, "");
  f.loop.run_until([&] { return f.listener.in_flight() == 3; });
  first.reset();
  f.loop.run_until([&] { return f.listener.connections() == 1; });
  CHECK(f.entry.cancelled.size() == 2);
  CHECK(f.entry.open.size() == 1);
}

TEST_CASE("a client that sends garbage is cut off, the next one is served") {
  fixture f;
  f.entry.answer_at_once = [](const external_request&) {
    return outcome::success("fine");
  };
  link_recorder bad;
  auto first = f.dial(bad);
  f.loop.run_until([&] { return bad.ready == 1; });
  CHECK(first->send(traffic_class::request, as_bytes_view("garbage!")));
  f.loop.run_until([&] { return bad.closed == 1; });
  link_recorder good;
  auto second = f.dial(good);
  f.loop.run_until([&] { return good.ready == 1; });
  f.call(*second, 1, "");
  f.loop.run_until([&] { return good.messages.size() == 1; });
  CHECK(reply_body(good, 0) == "fine");
}

TEST_CASE("only clients are welcome") {
  fixture f;
  link_recorder node;
  auto link = f.dial(node, link_role::node);
  f.loop.run_until([&] { return node.closed > 0; });
  CHECK(node.reason->message.find("not welcome") != std::string::npos);
}

TEST_CASE("an address that others can reach is refused with the way out") {
  fixture f;
  rpc_listener other{f.loop.context(), settings_with(1), f.observer, nullptr};
  auto listening = other.listen({"0.0.0.0", 9490});
  REQUIRE_FALSE(listening);
  CHECK(listening.error().code == errc::bad_request);
  CHECK(listening.error().message.find("set [rpc] listen to 127.0.0.1:9490")
        != std::string::npos);
}

TEST_CASE("a port in use is a conflict") {
  fixture f;
  rpc_listener other{f.loop.context(), settings_with(1), f.observer, nullptr};
  auto listening = other.listen({"127.0.0.1", f.address.port});
  REQUIRE_FALSE(listening);
  CHECK(listening.error().code == errc::conflict);
}

TEST_CASE("clients beyond the limit are turned away") {
  fixture f{1};
  link_recorder one;
  link_recorder two;
  auto first = f.dial(one);
  f.loop.run_until([&] { return one.ready == 1; });
  auto second = f.dial(two);
  f.loop.run_until([&] { return two.closed == 1; });
  CHECK(two.ready == 0);
  CHECK(one.closed == 0);
}

TEST_CASE("stopping lets requests in progress finish and takes no more") {
  fixture f;
  link_recorder busy;
  link_recorder idle;
  auto first = f.dial(busy);
  auto second = f.dial(idle);
  f.loop.run_until([&] { return busy.ready + idle.ready == 2; });
  f.call(*first, 1, "");
  f.loop.run_until([&] { return f.listener.in_flight() == 1; });
  int stopped = 0;
  f.listener.stop([&] { ++stopped; });
  f.loop.run_until([&] { return idle.closed > 0; });
  CHECK(stopped == 0);
  f.call(*first, 2, "");
  f.loop.run_until([&] { return busy.messages.size() == 1; });
  CHECK(reply_body(busy, 0) == "the node is stopping");
  f.entry.reply(1, outcome::success("done"));
  f.loop.run_until([&] { return stopped == 1; });
  f.loop.run_until([&] { return busy.messages.size() == 2; });
  CHECK(reply_body(busy, 1) == "done");
  CHECK(f.listener.connections() == 0);
}

TEST_CASE("a listener without clients stops at once") {
  fixture f;
  int stopped = 0;
  f.listener.stop([&] { ++stopped; });
  f.loop.run_until([&] { return stopped == 1; });
}

TEST_CASE("a listener that lingers serves its clients until they leave") {
  fixture f;
  link_recorder client;
  auto link = f.dial(client);
  f.loop.run_until([&] { return client.ready == 1; });
  int stopped = 0;
  f.listener.stop([&] { ++stopped; }, std::chrono::hours{1});
  f.call(*link, 1, "");
  f.loop.run_until([&] { return f.listener.in_flight() == 1; });
  f.entry.reply(1, outcome::success("done"));
  f.loop.run_until([&] { return client.messages.size() == 1; });
  CHECK(reply_body(client, 0) == "done");
  CHECK(stopped == 0);
  link.reset();
  f.loop.run_until([&] { return stopped == 1; });
}

TEST_CASE("a listener that lingered long enough lets its clients go") {
  fixture f;
  link_recorder client;
  auto link = f.dial(client);
  f.loop.run_until([&] { return client.ready == 1; });
  int stopped = 0;
  f.listener.stop([&] { ++stopped; }, std::chrono::milliseconds{1});
  f.loop.run_until([&] { return client.closed > 0 && stopped == 1; });
}
