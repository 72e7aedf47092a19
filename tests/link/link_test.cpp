// Goal: the promises of a link on real sockets. Method: two links on one loop
// over a socket pair, or one link and a raw socket in the test's hand.

#include "link/link.hpp"

#include "base/random.hpp"
#include "link/frames.hpp"
#include "link/pumped_loop.hpp"
#include "link/recorder.hpp"
#include "support/test_certificate.hpp"
#include "tls/certificate_authority.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace serval;
using namespace std::literals;

namespace {

struct recorder : link_recorder {
  result<void> send(std::string_view text,
                    traffic_class traffic = traffic_class::request) {
    return connection.send(traffic, as_bytes_view(text));
  }

  peer_link connection;
};

link_settings quick() {
  link_settings result;
  result.heartbeat = 10ms;
  result.dead_after = 50ms;
  result.stalled_after = 100ms;
  result.hello_within = 50ms;
  return result;
}

struct fixture {
  fixture() {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  }

  void connect(link_settings settings = {}) {
    a.connection = peer_link{loop.context(), ends[0], settings, a};
    b.connection = peer_link{loop.context(), ends[1], settings, b};
    loop.run_until([&] { return a.ready + b.ready == 2; });
  }

  pumped_loop loop;
  int ends[2];
  recorder a;
  recorder b;
};

} // namespace

TEST_CASE("what one end sends arrives at the other") {
  fixture f;
  f.connect();
  CHECK(f.a.send("ping"));
  CHECK(f.b.send("pong"));
  f.loop.run_until(
    [&] { return f.a.messages.size() + f.b.messages.size() == 2; });
  CHECK(f.a.messages[0].text == "pong");
  CHECK(f.b.messages[0].text == "ping");
}

TEST_CASE("an encrypted link carries the same, in both directions") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  auto context = [](auto made) {
    REQUIRE(made);
    return std::make_shared<const tls_context>(*made);
  };
  link_settings server;
  server.tls = context(tls_context::for_server(
    own.files, tls_use::link, std::chrono::system_clock::now()));
  link_settings client;
  client.tls = context(
    tls_context::for_client(own.files.certificate, tls_use::link));
  client.tls_host = "127.0.0.1";
  fixture f;
  f.a.connection = peer_link{f.loop.context(), f.ends[0], server, f.a};
  f.b.connection = peer_link{f.loop.context(), f.ends[1], client, f.b};
  f.loop.run_until([&] { return f.a.ready + f.b.ready == 2; });
  random_source random{1};
  auto text = random_text(random, 5'000'000);
  CHECK(f.a.send(text));
  CHECK(f.b.send(text));
  f.loop.run_until(
    [&] { return f.a.messages.size() + f.b.messages.size() == 2; });
  CHECK(f.a.messages[0].text == text);
  CHECK(f.b.messages[0].text == text);
}

TEST_CASE("a node is believed its name only with a certificate for it") {
  temporary_directory folder;
  auto now = std::chrono::system_clock::now();
  auto authority = make_authority("shop", std::chrono::days{1}, now);
  REQUIRE(authority);
  auto write = [&](const std::string& name, const std::string& text) {
    auto path = folder.path() / name;
    std::ofstream{path} << text;
    std::filesystem::permissions(path, std::filesystem::perms{0600});
    return path.string();
  };
  auto ca = write("ca.crt", authority->certificate);
  auto files_of = [&](const std::string& name) -> tls_files {
    auto made = issue_certificate(*authority, {name, {}}, std::chrono::days{1},
                                  now);
    REQUIRE(made);
    return {write(name + ".crt", made->certificate),
            write(name + ".key", made->key), ca};
  };
  auto node = [](std::string name) {
    link_settings result;
    result.hello.role = link_role::node;
    result.hello.cluster_id = "shop";
    result.hello.node_id = std::move(name);
    result.nodes_only = true;
    return result;
  };
  auto context = [](auto made) {
    REQUIRE(made);
    return std::make_shared<const tls_context>(*made);
  };
  auto server = node("n1");
  server.tls
    = context(tls_context::for_server(files_of("n1"), tls_use::link, now));
  std::string claimed;
  SUBCASE("its own") {
    claimed = "n2";
  }
  SUBCASE("another's") {
    claimed = "n3";
  }
  auto client = node(claimed);
  client.dialed = true;
  client.tls = context(
    tls_context::for_client(ca, tls_use::link, files_of("n2"), now));
  fixture f;
  f.a.connection = peer_link{f.loop.context(), f.ends[0], server, f.a};
  f.b.connection = peer_link{f.loop.context(), f.ends[1], client, f.b};
  if (claimed == "n2") {
    f.loop.run_until([&] { return f.a.ready + f.b.ready == 2; });
    CHECK(f.a.peer.node_id == "n2");
  } else {
    f.loop.run_until([&] { return f.a.closed + f.b.closed == 2; });
    CHECK(f.a.ready == 0);
    INFO(f.b.reason->message);
    CHECK(f.b.reason->message.find(
            "the certificate shown is not for node://shop/n3")
          != std::string::npos);
  }
}

TEST_CASE("an encrypted link that gets no handshake ends in time") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  auto made = tls_context::for_server(own.files, tls_use::link,
                                      std::chrono::system_clock::now());
  REQUIRE(made);
  auto settings = quick();
  settings.tls = std::make_shared<const tls_context>(*made);
  settings.handshake_within = 20ms;
  settings.hello_within = 1h;
  settings.dead_after = 1h;
  settings.stalled_after = 1h;
  fixture f;
  f.a.connection = peer_link{f.loop.context(), f.ends[0], settings, f.a};
  f.loop.run_until([&] { return f.a.closed == 1; });
  CHECK(f.a.ready == 0);
  ::close(f.ends[1]);
}

TEST_CASE("a message of 30 MB arrives whole, and small ones overtake it") {
  fixture f;
  f.connect();
  random_source random{1};
  auto text = random_text(random, 30'000'000);
  CHECK(f.a.send(text, traffic_class::bulk));
  CHECK(f.a.send("urgent", traffic_class::control));
  f.loop.run_until([&] { return f.b.messages.size() == 2; });
  CHECK(f.b.messages[0].text == "urgent");
  CHECK(f.b.messages[1].text == text);
}

TEST_CASE("closing or destroying a link within its handler is safe") {
  fixture f;
  f.connect();
  SUBCASE("close") {
    f.b.then = [&] { f.b.connection.close(); };
  }
  SUBCASE("destroy") {
    f.b.then = [&] { f.b.connection = peer_link{}; };
  }
  CHECK(f.a.send("one"));
  CHECK(f.a.send("two"));
  f.loop.run_until([&] { return f.a.closed == 1; });
  CHECK(f.b.messages.size() == 1);
  CHECK(f.b.closed == 0);
  CHECK(f.a.reason->code == errc::link_lost);
  CHECK_FALSE(f.a.send("three"));
}

TEST_CASE("garbage closes the link with one error and nothing else happens") {
  fixture f;
  f.b.connection = peer_link{f.loop.context(), f.ends[1], {}, f.b};
  std::string garbage = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  REQUIRE(write(f.ends[0], garbage.data(), garbage.size())
          == static_cast<ssize_t>(garbage.size()));
  f.loop.run_until([&] { return f.b.closed > 0; });
  CHECK(f.b.closed == 1);
  CHECK(f.b.reason->code == errc::bad_request);
  CHECK(f.b.ready == 0);
  close(f.ends[0]);
}

TEST_CASE("a peer that connects and says nothing is cut off") {
  fixture f;
  f.b.connection = peer_link{f.loop.context(), f.ends[1], quick(), f.b};
  f.loop.run_until([&] { return f.b.closed > 0; });
  CHECK(f.b.reason->code == errc::link_lost);
  close(f.ends[0]);
}

TEST_CASE("a peer that falls silent is found dead") {
  fixture f;
  f.b.connection = peer_link{f.loop.context(), f.ends[1], quick(), f.b};
  // A hello by hand, and then no more.
  auto hello = encode_link_message(link_hello{"", "", "", 1, 1,
                                              link_role::client, 1'000});
  auto frame = raw_frame(static_cast<std::uint32_t>(hello.size()), 1, 0, 0,
                         hello);
  REQUIRE(write(f.ends[0], frame.data(), frame.size())
          == static_cast<ssize_t>(frame.size()));
  f.loop.run_until([&] { return f.b.ready; });
  f.loop.run_until([&] { return f.b.closed > 0; });
  CHECK(f.b.reason->code == errc::link_lost);
  close(f.ends[0]);
}

TEST_CASE("a peer that does not read costs a bounded backlog") {
  fixture f;
  auto settings = quick();
  settings.backlog_max = 1024 * 1024;
  f.b.connection = peer_link{f.loop.context(), f.ends[1], settings, f.b};
  auto hello = encode_link_message(link_hello{"", "", "", 1, 1,
                                              link_role::client, 1 << 20});
  auto frame = raw_frame(static_cast<std::uint32_t>(hello.size()), 1, 0, 0,
                         hello);
  REQUIRE(write(f.ends[0], frame.data(), frame.size())
          == static_cast<ssize_t>(frame.size()));
  f.loop.run_until([&] { return f.b.ready; });
  std::string text(10'000, 'x');
  result<void> sent;
  for (int i = 0; sent && i < 1'000; ++i)
    sent = f.b.send(text);
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == errc::overload);
  CHECK(f.b.connection.queued_bytes() < settings.backlog_max + 200'000);
  f.loop.run_until([&] { return f.b.closed > 0; });
  CHECK(f.b.reason->code == errc::link_lost);
  close(f.ends[0]);
}

TEST_CASE("an idle link stays up") {
  fixture f;
  f.connect(quick());
  auto later = std::chrono::steady_clock::now() + 200ms;
  f.loop.run_until([&] { return std::chrono::steady_clock::now() > later; });
  CHECK(f.a.closed == 0);
  CHECK(f.b.closed == 0);
}

TEST_CASE("a socket that is none ends the link through the handler") {
  pumped_loop loop;
  recorder r;
  r.connection = peer_link{loop.context(), -1, {}, r};
  CHECK(r.closed == 0);
  loop.run_until([&] { return r.closed > 0; });
  CHECK(r.reason->code == errc::link_lost);
}
