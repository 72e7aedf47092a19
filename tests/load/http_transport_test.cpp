#include "load/http_transport.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>
#include <utility>

using namespace serval;
using namespace std::chrono_literals;

namespace {

constexpr duration patience = 10s;

/// A listener whose connections the test answers itself.
class listener {
public:
  listener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(fd_, 16) == 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    const auto* bytes = reinterpret_cast<const std::byte*>(&address);
    target.address.assign(bytes, bytes + sizeof(address));
    port = ntohs(address.sin_port);
  }

  ~listener() {
    ::close(fd_);
  }

  int accept() {
    pollfd wanted{fd_, POLLIN, 0};
    REQUIRE(::poll(&wanted, 1, 10'000) == 1);
    return ::accept(fd_, nullptr, nullptr);
  }

  socket_target target;
  int port = 0;

private:
  int fd_;
};

std::string receive(int fd, std::size_t least) {
  std::string got;
  char part[4096];
  while (got.size() < least) {
    auto count = ::recv(fd, part, sizeof(part), 0);
    REQUIRE(count > 0);
    got.append(part, static_cast<std::size_t>(count));
  }
  return got;
}

void answer(int fd, std::string_view text) {
  REQUIRE(::send(fd, text.data(), text.size(), MSG_NOSIGNAL)
          == static_cast<ssize_t>(text.size()));
}

struct sink final : load_sink {
  std::optional<transport_end> last;

  void on_end(const transport_end& ended, time_point) override {
    last = ended;
  }
};

/// Waits until the sink was told of an end.
transport_end next_end(load_transport& transport, sink& sink) {
  auto deadline = transport.now() + patience;
  while (!sink.last && transport.now() < deadline)
    transport.wait(deadline);
  REQUIRE(sink.last);
  return *std::exchange(sink.last, {});
}

/// Lets the transport see what happened meanwhile.
void settle(load_transport& transport) {
  transport.wait(transport.now() + 50ms);
}

constexpr std::string_view ok
  = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

struct rig {
  listener server;
  request_mix mix;
  http_request_form form;
  sink told;

  rig() {
    mix.add("body", 1);
    form.host = "h";
  }

  std::unique_ptr<load_transport> make(std::uint32_t connections = 10) {
    return make_http_transport(server.target, form, mix, connections);
  }
};

const auto request_bytes
  = std::string_view{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n"
                     "body"}
      .size();

} // namespace

TEST_CASE("a request's head says what it must") {
  http_request_form form{.method = "PUT", .host = "h:1", .path = "/p",
                         .fields = {{"A", "b"}}, .with_id = true};
  CHECK(write_request_head(form, 3)
        == "PUT /p HTTP/1.1\r\nHost: h:1\r\nContent-Length: 3\r\nA: b\r\n"
           "X-Request-Id: 0000000000000000\r\n\r\n");
  form = {};
  form.method = "GET";
  form.host = "h";
  CHECK(write_request_head(form, 0)
        == "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
}

TEST_CASE("one connection serves one request after the other") {
  rig r;
  auto transport = r.make();
  int fd = -1;
  for (std::uint32_t slot : {7u, 3u, 7u}) {
    CHECK(transport->start(slot, 0, 1, r.told));
    if (fd < 0)
      fd = r.server.accept();
    settle(*transport);
    CHECK(receive(fd, request_bytes).ends_with("\r\n\r\nbody"));
    answer(fd, ok);
    auto ended = next_end(*transport, r.told);
    CHECK(ended.slot == slot);
    CHECK(ended.end == end_of_status(200));
    CHECK(ended.bytes == 2);
  }
  ::close(fd);
}

TEST_CASE("no more connections are opened than allowed") {
  rig r;
  auto transport = r.make(2);
  CHECK(transport->start(0, 0, 1, r.told));
  CHECK(transport->start(1, 0, 2, r.told));
  CHECK_FALSE(transport->start(2, 0, 3, r.told));
}

TEST_CASE("each request carries its id") {
  rig r;
  r.form.with_id = true;
  auto transport = r.make();
  CHECK(transport->start(0, 0, 0xabc, r.told));
  int fd = r.server.accept();
  settle(*transport);
  auto got = receive(fd, request_bytes);
  CHECK(got.find("X-Request-Id: 0000000000000abc\r\n") != std::string::npos);
  ::close(fd);
}

TEST_CASE("a connection that ends early fails its request, and the next one "
          "gets another connection") {
  rig r;
  auto transport = r.make(1);
  CHECK(transport->start(0, 0, 1, r.told));
  int fd = r.server.accept();
  settle(*transport);
  receive(fd, request_bytes);
  answer(fd, "HTTP/1.1 200 OK\r\nContent-Le");
  ::close(fd);
  CHECK(next_end(*transport, r.told).end == request_end::connection_lost);
  CHECK(transport->start(1, 0, 2, r.told));
  fd = r.server.accept();
  settle(*transport);
  receive(fd, request_bytes);
  answer(fd, ok);
  CHECK(next_end(*transport, r.told).end == end_of_status(200));
  ::close(fd);
}

TEST_CASE("an idle connection that the target ends costs no request") {
  rig r;
  auto transport = r.make(1);
  CHECK(transport->start(0, 0, 1, r.told));
  int fd = r.server.accept();
  settle(*transport);
  receive(fd, request_bytes);
  answer(fd, ok);
  next_end(*transport, r.told);
  ::close(fd);
  settle(*transport);
  CHECK_FALSE(r.told.last);
  CHECK(transport->start(0, 0, 2, r.told));
  fd = r.server.accept();
  settle(*transport);
  receive(fd, request_bytes);
  answer(fd, ok);
  CHECK(next_end(*transport, r.told).end == end_of_status(200));
  ::close(fd);
}

TEST_CASE("an abandoned request's answer is never taken for the next one's") {
  rig r;
  auto transport = r.make(1);
  CHECK(transport->start(0, 0, 1, r.told));
  int fd = r.server.accept();
  settle(*transport);
  receive(fd, request_bytes);
  transport->abandon(0);
  CHECK(transport->start(0, 0, 2, r.told));
  int other = r.server.accept();
  settle(*transport);
  receive(other, request_bytes);
  answer(other, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  CHECK(next_end(*transport, r.told).end == end_of_status(201));
  ::close(fd);
  ::close(other);
}

TEST_CASE("a target that refuses connections fails each request, not the "
          "transport") {
  rig r;
  socket_target nobody;
  {
    listener gone;
    nobody = gone.target;
  }
  auto transport = make_http_transport(nobody, r.form, r.mix, 4);
  for (int i = 0; i < 3; ++i) {
    CHECK(transport->start(0, 0, 1, r.told));
    CHECK(next_end(*transport, r.told).end == request_end::not_connected);
  }
}

TEST_CASE("a large body is sent in parts as the target takes it") {
  rig r;
  request_mix large;
  large.add(generate_body(8 * 1024 * 1024), 1);
  r.form.with_id = true;
  auto transport = make_http_transport(r.server.target, r.form, large, 1);
  CHECK(transport->start(0, 0, 1, r.told));
  int fd = r.server.accept();
  std::size_t got = 0;
  char part[65536];
  auto deadline = transport->now() + patience;
  while (got < 8 * 1024 * 1024 && transport->now() < deadline) {
    transport->wait(transport->now() + 1ms);
    auto count = ::recv(fd, part, sizeof(part), MSG_DONTWAIT);
    got += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  CHECK(got >= 8 * 1024 * 1024);
  answer(fd, ok);
  CHECK(next_end(*transport, r.told).end == end_of_status(200));
  ::close(fd);
}
