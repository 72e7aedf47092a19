#include "peer/peer_listener.hpp"

#include "link/link_dialer.hpp"
#include "link/pumped_loop.hpp"
#include "link/recorder.hpp"

#include <boost/asio/post.hpp>

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

namespace {

/// What happened to the sessions of a listener.
struct session_log {
  std::vector<std::string> peers;
  std::vector<std::string> heard;
  int ended = 0;
};

struct logging_session final : peer_session {
  explicit logging_session(session_log& log) : log(log) {
    // nop
  }

  ~logging_session() override {
    ++log.ended;
  }

  void on_message(traffic_class, bytes_view message) override {
    log.heard.emplace_back(as_text(message));
  }

  session_log& log;
};

link_settings node_of(std::string name) {
  link_settings settings;
  settings.hello.role = link_role::node;
  settings.hello.cluster_id = "shop";
  settings.hello.node_id = std::move(name);
  settings.nodes_only = true;
  return settings;
}

struct fixture {
  fixture() {
    auto port = uut.listen(*parse_link_address("127.0.0.1:0"),
                           address_sharing::none);
    REQUIRE(port);
    address = {"127.0.0.1", *port, {}};
  }

  std::unique_ptr<link_dialer> dial() {
    auto made = std::make_unique<link_dialer>(
      loop.context(), address, node_of("a"), dial_settings{}, 1, client);
    loop.run_until([&] { return client.ready == 1; });
    return made;
  }

  pumped_loop loop;
  session_log log;
  std::vector<std::string> lines;
  link_recorder client;
  link_address address;
  peer_encoder encoder;
  peer_listener uut{{loop.context(), node_of("b"),
                     [this](const link_hello& peer, peer_sender&) {
                       log.peers.push_back(peer.node_id);
                       return std::make_unique<logging_session>(log);
                     },
                     {},
                     [this](std::function<void()> what) {
                       boost::asio::post(loop.context(), std::move(what));
                     },
                     [this](const std::string& text) {
                       lines.push_back(text);
                     }}};
};

} // namespace

TEST_CASE("a link gets the session of the purpose that it begins with") {
  fixture f;
  auto link = f.dial();
  CHECK(link->send(traffic_class::request,
                   f.encoder.encode(peer_open{peer_purpose::calls})));
  CHECK(link->send(traffic_class::request, as_bytes_view("words")));
  f.loop.run_until([&] { return !f.log.heard.empty(); });
  CHECK(f.log.peers == std::vector{"a"s});
  CHECK(f.log.heard == std::vector{"words"s});
  link.reset();
  f.loop.run_until([&] { return f.log.ended == 1; });
  CHECK(f.uut.links() == 0);
}

TEST_CASE("a link without a purpose, or with one unknown here, is closed") {
  fixture f;
  auto link = f.dial();
  SUBCASE("none") {
    CHECK(link->send(traffic_class::request, as_bytes_view("words")));
  }
  SUBCASE("another message") {
    CHECK(link->send(traffic_class::request,
                     f.encoder.encode(peer_detach{1})));
  }
  SUBCASE("one that nobody serves") {
    CHECK(link->send(traffic_class::request,
                     f.encoder.encode(peer_open{peer_purpose::control})));
  }
  f.loop.run_until([&] { return f.client.closed == 1; });
  CHECK(f.log.peers.empty());
  CHECK(f.uut.links() == 0);
  REQUIRE(f.lines.size() == 1);
  CHECK(f.lines[0].starts_with("a link from node a is over: "));
}

TEST_CASE("a peer that is turned away is told to the operator") {
  fixture f;
  link_settings stranger = node_of("a");
  stranger.hello.cluster_id = "other";
  stranger.nodes_only = false;
  link_recorder recorder;
  link_dialer link{f.loop.context(), f.address, stranger, {}, 1, recorder};
  f.loop.run_until([&] { return !f.lines.empty(); });
  CHECK(f.lines[0].find("this is cluster shop") != std::string::npos);
}
