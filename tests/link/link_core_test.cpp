// Goal: who may talk, and when a peer counts as dead. Method: two cores and a
// clock, no sockets; bytes move when the test says so.

#include "link/link_core.hpp"

#include "link/frames.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

namespace {

struct side : link_events {
  side(link_settings settings, time_point now) : core(settings, now) {
    // nop
  }

  bool on_ready(const link_hello& peer) override {
    peers.push_back(peer);
    return true;
  }

  bool on_message(traffic_class, bytes_view message) override {
    messages.emplace_back(as_text(message));
    return true;
  }

  result<void> send(std::string_view text) {
    return core.send(traffic_class::request, as_bytes_view(text), 0);
  }

  void note(const result<void>& step) {
    if (!step && !failure)
      failure = step.error();
  }

  link_core core;
  byte_buffer input;
  std::vector<link_hello> peers;
  std::vector<std::string> messages;
  std::optional<error> failure;
};

link_settings settings_of(link_role role, std::string node = {}) {
  link_settings result;
  result.hello.role = role;
  result.hello.node_id = std::move(node);
  result.message_max = 1024 * 1024;
  return result;
}

struct fixture {
  fixture(link_settings left, link_settings right)
    : a(std::move(left), now), b(std::move(right), now) {
    // nop
  }

  fixture()
    : fixture(settings_of(link_role::client), settings_of(link_role::node)) {
    // nop
  }

  /// Moves all that `from` has to write. Returns the number of bytes.
  std::size_t deliver(side& from, side& to) {
    std::size_t total = 0;
    for (;;) {
      auto bytes = from.core.output();
      if (bytes.empty())
        return total;
      total += bytes.size();
      to.input.append(bytes);
      from.core.wrote(bytes.size());
      auto done = to.core.receive(now, to.input.view(), to);
      if (!done) {
        to.note(done.error());
        return total;
      }
      std::vector<std::byte> rest(to.input.data() + *done,
                                  to.input.data() + to.input.size());
      to.input.remove_prefix(to.input.size());
      to.input.append(rest);
    }
  }

  void exchange() {
    while (deliver(a, b) + deliver(b, a) > 0 && !a.failure && !b.failure)
      ;
  }

  void pass(duration span) {
    for (auto end = now + span; now < end;) {
      now += 200ms;
      a.note(a.core.tick(now));
      b.note(b.core.tick(now));
    }
  }

  time_point now{1h};
  side a;
  side b;
};

} // namespace

TEST_CASE("both sides are ready once they have heard each other's hello") {
  fixture f;
  CHECK_FALSE(f.a.send("early"));
  f.exchange();
  REQUIRE(f.a.peers.size() == 1);
  REQUIRE(f.b.peers.size() == 1);
  CHECK(f.a.peers[0].role == link_role::node);
  CHECK(f.b.peers[0].role == link_role::client);
  CHECK(f.a.send("hello"));
  f.exchange();
  CHECK(f.b.messages == std::vector<std::string>{"hello"});
}

TEST_CASE("both sides speak the highest protocol that both know") {
  struct known {
    std::uint16_t min, max, peer_min, peer_max, common;
  };
  for (auto [min, max, peer_min, peer_max, common] :
       {known{1, 1, 1, 1, 1}, known{1, 2, 1, 1, 1}, known{1, 1, 1, 2, 1},
        known{1, 3, 2, 4, 3}, known{2, 4, 1, 3, 3}}) {
    auto a = settings_of(link_role::client);
    auto b = settings_of(link_role::node);
    a.hello.protocol_min = min;
    a.hello.protocol_max = max;
    b.hello.protocol_min = peer_min;
    b.hello.protocol_max = peer_max;
    fixture f{a, b};
    CHECK(f.a.core.protocol() == 0);
    f.exchange();
    CHECK(f.a.core.protocol() == common);
    CHECK(f.b.core.protocol() == common);
  }
}

TEST_CASE("sides without a common protocol refuse each other and say why") {
  auto newer = settings_of(link_role::node);
  newer.hello.protocol_min = 2;
  newer.hello.protocol_max = 4;
  fixture f{settings_of(link_role::client), newer};
  // Only b has heard the other's hello so far.
  f.deliver(f.a, f.b);
  REQUIRE(f.b.failure);
  CHECK(f.b.failure->code == errc::conflict);
  // The refusal follows b's hello, which a refuses itself.
  f.deliver(f.b, f.a);
  REQUIRE(f.a.failure);
  CHECK_FALSE(f.a.core.ready());
}

TEST_CASE("a refused peer learns the reason and the protocols spoken") {
  auto picky = settings_of(link_role::node);
  picky.welcome = {link_role::node};
  fixture f{settings_of(link_role::client), picky};
  f.deliver(f.a, f.b);
  f.deliver(f.b, f.a);
  REQUIRE(f.a.failure);
  CHECK(f.a.failure->message.find("a client is not welcome here")
        != std::string::npos);
  CHECK(f.a.failure->message.find("protocol 1") != std::string::npos);
  CHECK(f.b.peers.empty());
}

TEST_CASE("nodes of different clusters, or of one name, refuse each other") {
  auto left = settings_of(link_role::node, "n1");
  auto right = settings_of(link_role::node, "n2");
  SUBCASE("same cluster, different names") {
    fixture f{left, right};
    f.exchange();
    CHECK(f.a.core.ready());
  }
  SUBCASE("another cluster") {
    left.hello.cluster_id = "one";
    right.hello.cluster_id = "two";
    fixture f{left, right};
    f.exchange();
    CHECK(f.b.failure);
  }
  SUBCASE("the same name") {
    right.hello.node_id = "n1";
    fixture f{left, right};
    f.exchange();
    CHECK(f.b.failure);
  }
}

TEST_CASE("where nodes only are welcome, all of a cluster and no others are") {
  auto node = [](std::string cluster, std::string name) {
    auto result = settings_of(link_role::node, std::move(name));
    result.hello.cluster_id = std::move(cluster);
    return result;
  };
  auto strict = node("shop", "n1");
  strict.nodes_only = true;
  auto refusal_of = [&](const link_settings& peer) {
    fixture f{strict, peer};
    f.exchange();
    return f.a.failure ? f.a.failure->message : "";
  };
  CHECK(refusal_of(node("shop", "n2")).empty());
  CHECK(refusal_of(node("", "n2")).ends_with("this is cluster shop"));
  CHECK(refusal_of(node("other", "n2")).ends_with("this is cluster shop"));
  CHECK(refusal_of(node("shop", "")).ends_with("only nodes are welcome here"));
  auto client = node("shop", "n2");
  client.hello.role = link_role::client;
  CHECK(refusal_of(client).ends_with("only nodes are welcome here"));
  strict.wanted_node = "n2";
  CHECK(refusal_of(node("shop", "n2")).empty());
  CHECK(refusal_of(node("shop", "n3")).ends_with(
    "node n2 was wanted here, not n3"));
}

TEST_CASE("a message before the hello, or a second hello, ends the link") {
  fixture f;
  SUBCASE("message first") {
    byte_buffer input;
    input.append(as_bytes_view(message_frame("x")));
    CHECK_FALSE(f.b.core.receive(f.now, input.view(), f.b));
  }
  SUBCASE("hello twice") {
    byte_buffer hello;
    hello.append(f.a.core.output());
    CHECK(f.b.core.receive(f.now, hello.view(), f.b));
    CHECK_FALSE(f.b.core.receive(f.now, hello.view(), f.b));
  }
  SUBCASE("a frame too long for a hello") {
    byte_buffer input;
    input.append(as_bytes_view(raw_frame(5'000, 1, 0, 0, "")));
    CHECK_FALSE(f.b.core.receive(f.now, input.view(), f.b));
  }
  CHECK_FALSE(f.b.core.ready());
}

TEST_CASE("a peer that says no hello is given up") {
  fixture f;
  f.pass(5s);
  CHECK_FALSE(f.b.failure);
  f.pass(400ms);
  REQUIRE(f.b.failure);
  CHECK(f.b.failure->code == errc::link_lost);
}

TEST_CASE("an idle link stays alive on pings") {
  fixture f;
  f.exchange();
  for (int i = 0; i < 50; ++i) {
    f.pass(200ms);
    f.exchange();
  }
  CHECK_FALSE(f.a.failure);
  CHECK_FALSE(f.b.failure);
}

TEST_CASE("a busy link sends no pings") {
  fixture f;
  f.exchange();
  f.pass(200ms);
  f.exchange();
  for (int i = 0; i < 50; ++i) {
    CHECK(f.a.send("x"));
    CHECK(f.b.send("x"));
    f.deliver(f.a, f.b);
    f.deliver(f.b, f.a);
    f.now += 200ms;
    CHECK(f.a.core.tick(f.now - 1ms));
    CHECK(f.a.core.output().empty());
  }
}

TEST_CASE("a silent peer is dead after a second") {
  fixture f;
  f.exchange();
  f.pass(800ms);
  // The pings go nowhere, but the socket takes them.
  f.a.core.wrote(f.a.core.output().size());
  CHECK_FALSE(f.a.failure);
  f.pass(200ms);
  REQUIRE(f.a.failure);
  CHECK(f.a.failure->code == errc::link_lost);
  CHECK_FALSE(f.a.send("x"));
}

TEST_CASE("a peer that leaves bytes unread is stalled, and dead after 5 s") {
  fixture f;
  f.exchange();
  CHECK(f.a.send("x"));
  CHECK_FALSE(f.a.core.output().empty());
  f.pass(4'800ms);
  CHECK_FALSE(f.a.failure);
  f.pass(600ms);
  REQUIRE(f.a.failure);
}

TEST_CASE("a peer that reads slowly but steadily is not dead") {
  fixture f;
  f.exchange();
  CHECK(f.a.send(std::string(60'000, 'x')));
  for (int i = 0; i < 100; ++i) {
    REQUIRE_FALSE(f.a.core.output().empty());
    f.a.core.wrote(1);
    f.now += 200ms;
    REQUIRE(f.a.core.tick(f.now));
    byte_buffer alive;
    alive.append(as_bytes_view(message_frame("x")));
    REQUIRE(f.a.core.receive(f.now, alive.view(), f.a));
  }
}

TEST_CASE("whoever slept himself does not blame the peer") {
  fixture f;
  f.exchange();
  f.now += 30s;
  CHECK(f.a.core.tick(f.now));
  f.a.core.wrote(f.a.core.output().size());
  f.pass(600ms);
  CHECK_FALSE(f.a.failure);
  f.pass(600ms);
  CHECK(f.a.failure);
}

TEST_CASE("a long message crosses with the credit it needs") {
  fixture f;
  f.exchange();
  random_source random{3};
  auto text = random_text(random, 1'000'000);
  CHECK(f.a.send(text));
  f.exchange();
  REQUIRE(f.b.messages.size() == 1);
  CHECK(f.b.messages[0] == text);
  CHECK(f.a.core.queued_bytes() == 0);
}

TEST_CASE("no message is longer than both sides allow") {
  auto small = settings_of(link_role::node);
  small.message_max = 1'000;
  fixture f{settings_of(link_role::client), small};
  f.exchange();
  auto refused = f.a.send(std::string(1'001, 'x'));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::body_too_large);
  CHECK(f.a.core.message_max() == 1'000);
  CHECK(f.a.send(std::string(1'000, 'x')));
  CHECK_FALSE(f.b.send(std::string(1'001, 'x')));
  CHECK_FALSE(f.a.send(""));
}

TEST_CASE("a flood of pings whose answers nobody reads ends the link") {
  fixture f;
  f.exchange();
  auto ping = encode_link_message(link_ping{1});
  std::string flood;
  for (int i = 0; i < 1'000; ++i)
    flood += raw_frame(static_cast<std::uint32_t>(ping.size()), 1, 0, 0, ping);
  bool alive = true;
  for (int i = 0; alive && i < 1'000; ++i) {
    byte_buffer input;
    input.append(as_bytes_view(flood));
    alive = f.b.core.receive(f.now, input.view(), f.b).has_value();
  }
  CHECK_FALSE(alive);
  CHECK(f.b.core.queued_bytes() < 2 * 1024 * 1024);
}

TEST_CASE("credit for nothing ends the link") {
  fixture f;
  f.exchange();
  auto credit = encode_link_message(link_credit{1, 9, 100});
  byte_buffer input;
  input.append(as_bytes_view(raw_frame(
    static_cast<std::uint32_t>(credit.size()), 1, 0, 0, credit)));
  CHECK_FALSE(f.b.core.receive(f.now, input.view(), f.b));
}
