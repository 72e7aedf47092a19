#include "tls/tls_session.hpp"

#include "base/unique_fd.hpp"
#include "support/test_certificate.hpp"

#include <doctest/doctest.h>

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <optional>

using namespace serval;

namespace {

using outcome = tls_session::outcome;

/// Both sides of a connection in one thread, over a socket pair.
struct both_sides {
  explicit both_sides(const tls_context& server, const tls_context& client,
                      const std::string& host = "127.0.0.1") {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                         fds)
            == 0);
    near.reset(fds[0]);
    far.reset(fds[1]);
    accepting.emplace(tls_session::accept(server, near.get()));
    connecting.emplace(tls_session::connect(client, far.get(), host));
  }

  /// Lets both get as far as they can with the handshake.
  void shake_hands() {
    std::array<char, 16> none{};
    for (int i = 0; i < 10; ++i) {
      client_last = connecting->read(none.data(), none.size()).what;
      server_last = accepting->read(none.data(), none.size()).what;
    }
  }

  unique_fd near;
  unique_fd far;
  std::optional<tls_session> accepting;
  std::optional<tls_session> connecting;
  outcome client_last = outcome::moved;
  outcome server_last = outcome::moved;
};

tls_context server_of(const tls_files& files, tls_use use = tls_use::http) {
  auto made
    = tls_context::for_server(files, use, std::chrono::system_clock::now());
  REQUIRE(made);
  return *made;
}

tls_context client_of(const std::string& ca, tls_use use = tls_use::http) {
  auto made = tls_context::for_client(ca, use);
  REQUIRE(made);
  return *made;
}

} // namespace

TEST_CASE("bytes arrive as they were sent, in both directions") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  both_sides uut{server_of(own.files), client_of(own.files.certificate)};
  CHECK_FALSE(uut.accepting->established());
  uut.shake_hands();
  REQUIRE(uut.accepting->established());
  REQUIRE(uut.connecting->established());
  std::array<char, 16> got{};
  CHECK(uut.connecting->write("ping").count == 4);
  auto read = uut.accepting->read(got.data(), got.size());
  CHECK(std::string_view{got.data(), read.count} == "ping");
  CHECK(uut.accepting->write("pong").count == 4);
  read = uut.connecting->read(got.data(), got.size());
  CHECK(std::string_view{got.data(), read.count} == "pong");
  uut.connecting->end();
  CHECK(uut.accepting->read(got.data(), got.size()).what == outcome::ended);
}

TEST_CASE("a session that lacks something says what, and does nothing else") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  both_sides uut{server_of(own.files), client_of(own.files.certificate)};
  std::array<char, 16> none{};
  CHECK(uut.accepting->read(none.data(), none.size()).what
        == outcome::wants_read);
  CHECK(uut.connecting->write("x").what == outcome::wants_read);
}

TEST_CASE("a server of another authority or another name is refused") {
  temporary_directory folder;
  test_certificate own{folder.path().string(), "a"};
  test_certificate other{folder.path().string(), "b"};
  both_sides stranger{server_of(own.files),
                      client_of(other.files.certificate)};
  stranger.shake_hands();
  CHECK(stranger.client_last == outcome::failed);
  CHECK(stranger.connecting->why().find("certificate is refused")
        != std::string::npos);
  for (auto name : {"example.org", "10.0.0.1"}) {
    both_sides elsewhere{server_of(own.files),
                         client_of(own.files.certificate), name};
    elsewhere.shake_hands();
    CHECK(elsewhere.client_last == outcome::failed);
  }
  both_sides by_name{server_of(own.files), client_of(own.files.certificate),
                     "localhost"};
  by_name.shake_hands();
  CHECK(by_name.connecting->established());
}

TEST_CASE("where clients need a certificate, those without one are refused") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  auto files = own.files;
  files.client_ca = own.files.certificate;
  both_sides uut{server_of(files), client_of(own.files.certificate)};
  uut.shake_hands();
  CHECK(uut.server_last == outcome::failed);
  CHECK_FALSE(uut.accepting->established());
}

TEST_CASE("bytes that are no TLS fail, and the failure stays") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  both_sides uut{server_of(own.files), client_of(own.files.certificate)};
  std::string_view plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  REQUIRE(::send(uut.far.get(), plain.data(), plain.size(), 0) > 0);
  std::array<char, 16> none{};
  for (int i = 0; i < 2; ++i)
    CHECK(uut.accepting->read(none.data(), none.size()).what
          == outcome::failed);
  CHECK_FALSE(uut.accepting->why().empty());
  CHECK(uut.accepting->write("x").what == outcome::failed);
}

TEST_CASE("a peer that is gone is a failure and no signal") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  both_sides uut{server_of(own.files), client_of(own.files.certificate)};
  uut.shake_hands();
  REQUIRE(uut.accepting->established());
  uut.far.reset();
  CHECK(uut.accepting->write("x").what == outcome::failed);
}

TEST_CASE("a peer that leaves without a word has ended") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  both_sides uut{server_of(own.files), client_of(own.files.certificate)};
  uut.shake_hands();
  uut.far.reset();
  std::array<char, 16> none{};
  CHECK(uut.accepting->read(none.data(), none.size()).what == outcome::ended);
}

TEST_CASE("protocols older than the listener wants are refused") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  for (auto use : {tls_use::http, tls_use::link}) {
    auto client = client_of(own.files.certificate);
    auto too_old = use == tls_use::http ? TLS1_1_VERSION : TLS1_2_VERSION;
    SSL_CTX_set_min_proto_version(client.handle(), too_old);
    SSL_CTX_set_max_proto_version(client.handle(), too_old);
    both_sides uut{server_of(own.files, use), client};
    uut.shake_hands();
    CHECK_FALSE(uut.connecting->established());
  }
}

TEST_CASE("HTTP/1.1 is agreed upon; clients that want only others are not") {
  temporary_directory folder;
  test_certificate own{folder.path().string()};
  auto client = client_of(own.files.certificate);
  auto offer = [&](std::string_view protocols) {
    SSL_CTX_set_alpn_protos(
      client.handle(), reinterpret_cast<const unsigned char*>(protocols.data()),
      static_cast<unsigned>(protocols.size()));
  };
  offer("\x02h2\x08http/1.1");
  both_sides both{server_of(own.files), client};
  both.shake_hands();
  CHECK(both.connecting->established());
  offer("\x02h2");
  both_sides only_h2{server_of(own.files), client};
  only_h2.shake_hands();
  CHECK_FALSE(only_h2.connecting->established());
}
