#include "server_fixture.hpp"
#include "support/test_certificate.hpp"
#include "tls/tls_session.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;

namespace {

tls_context_ptr server_of(const tls_files& files) {
  auto made = tls_context::for_server(files, tls_use::http,
                                      std::chrono::system_clock::now());
  REQUIRE(made);
  return std::make_shared<const tls_context>(*made);
}

/// A server that encrypts.
class tls_fixture : public server_fixture {
public:
  explicit tls_fixture(http_limits limits = {}) : server_fixture(limits) {
    use(own.files);
  }

  void use(const tls_files& files) {
    on_loop([&, context = server_of(files)] { server->use(context); });
  }

  temporary_directory folder;
  test_certificate own{folder.path().string()};
};

/// A blocking client that trusts one certificate.
class tls_client {
public:
  tls_client(std::uint16_t port, const std::string& ca)
    : context_(*tls_context::for_client(ca, tls_use::http)) {
    REQUIRE(socket_.connect(port));
    session_.emplace(
      tls_session::connect(context_, socket_.native(), "127.0.0.1"));
  }

  explicit tls_client(const tls_fixture& server)
    : tls_client(server.port, server.own.files.certificate) {
    // nop
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto sent = session_->write(bytes);
      if (sent.what != tls_session::outcome::moved)
        return false;
      bytes.remove_prefix(sent.count);
    }
    return true;
  }

  /// Tells the server that nothing more comes.
  void end_sending() {
    session_->end();
    socket_.end_sending();
  }

  /// Everything until the server closes or `wanted` bytes came.
  std::string receive(std::size_t wanted = std::string::npos) {
    while (got_.size() < wanted) {
      char part[4096];
      auto read = session_->read(part, sizeof part);
      if (read.what != tls_session::outcome::moved)
        break;
      got_.append(part, read.count);
    }
    return std::exchange(got_, {});
  }

  /// One answer with a Content-Length.
  raw_response ask(std::string_view bytes) {
    raw_response result;
    if (!send(bytes))
      return result;
    while (got_.find("\r\n\r\n") == std::string::npos)
      if (!more())
        return result;
    auto end = got_.find("\r\n\r\n") + 4;
    result.head = got_.substr(0, end);
    auto size
      = std::stoul(raw_client::field(result.head, "Content-Length"));
    while (got_.size() < end + size)
      if (!more())
        return result;
    result.body = got_.substr(end, size);
    got_.erase(0, end + size);
    result.status = std::atoi(result.head.c_str() + 9);
    return result;
  }

private:
  bool more() {
    char part[16384];
    auto read = session_->read(part, sizeof part);
    got_.append(part, read.count);
    return read.what == tls_session::outcome::moved;
  }

  tls_context context_;
  raw_client socket_;
  std::optional<tls_session> session_;
  std::string got_;
};

} // namespace

TEST_CASE("requests over TLS are answered on one connection, of any size") {
  tls_fixture uut;
  tls_client client{uut};
  for (std::size_t size : {0, 1, 1000, 100'000, 5'000'000}) {
    std::string body(size, 'x');
    auto answer = client.ask(request_of("POST", "/", body));
    CHECK(answer.status == 200);
    CHECK(answer.body == body);
  }
  CHECK(uut.stats().accepted == 1);
}

TEST_CASE("over TLS too, an answer waits for a client that reads slowly") {
  tls_fixture uut;
  tls_client client{uut};
  http_response large;
  large.body.assign(8 << 20, 'y');
  uut.handler.custom = large;
  REQUIRE(client.send(request_of("GET", "/1") + request_of("GET", "/2")));
  uut.wait_for([&] { return uut.handler.handled == 1; });
  auto answers = client.receive(2 * large.body.size());
  CHECK(std::ranges::count(answers, 'y') > 15'000'000);
}

TEST_CASE("a client that closes its side of TLS still gets its answer") {
  tls_fixture uut;
  tls_client client{uut};
  REQUIRE(client.send(request_of("POST", "/hold", "late")));
  client.end_sending();
  uut.wait_for([&] { return uut.handler.held_count == 1; });
  uut.answer_held();
  CHECK(client.receive().find("late") != std::string::npos);
}

TEST_CASE("plain bytes on an encrypted port are cut off and counted") {
  tls_fixture uut;
  for (auto bytes : {"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                     "\x16\x03\x01\xff\xff garbage", "SSH-2.0-x\r\n"}) {
    raw_client client{uut.port};
    client.send(bytes);
    client.end_sending();
    client.read_to_end();
  }
  uut.wait_for([&] { return uut.stats().connections == 0; });
  CHECK(uut.stats().refused == 3);
  CHECK(uut.handler.handled == 0);
  CHECK(tls_client{uut}.ask(request_of("POST", "/", "x")).status == 200);
}

TEST_CASE("a client that says nothing is cut when a handshake must be over") {
  http_limits limits;
  limits.handshake_timeout = std::chrono::milliseconds{50};
  limits.header_timeout = std::chrono::hours{1};
  limits.tick = std::chrono::milliseconds{10};
  tls_fixture uut{limits};
  raw_client silent{uut.port};
  raw_client begins{uut.port};
  begins.send("\x16\x03\x01");
  CHECK(silent.ended());
  CHECK(begins.ended());
  CHECK(uut.handler.refusals == 0);
}

TEST_CASE("a replaced certificate leaves the connections there are alone") {
  tls_fixture uut;
  tls_client before{uut};
  CHECK(before.ask(request_of("POST", "/", "1")).status == 200);
  test_certificate fresh{uut.folder.path().string(), "fresh"};
  uut.use(fresh.files);
  CHECK(before.ask(request_of("POST", "/", "2")).status == 200);
  tls_client after{uut.port, fresh.files.certificate};
  CHECK(after.ask(request_of("POST", "/", "3")).status == 200);
  tls_client behind{uut};
  CHECK(behind.ask(request_of("POST", "/", "4")).status == 0);
}

TEST_CASE("clients that leave during the handshake leave nothing behind") {
  tls_fixture uut;
  {
    raw_client gone{uut.port};
    raw_client reset{uut.port};
    reset.send("\x16\x03\x01\x02");
    reset.reset();
  }
  uut.wait_for([&] {
    auto stats = uut.stats();
    return stats.accepted == 2 && stats.connections == 0;
  });
  CHECK(tls_client{uut}.ask(request_of("POST", "/", "x")).status == 200);
}
