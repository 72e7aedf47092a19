// Goal: a listening socket can change hands, and those who are connected notice
// nothing. Method: two servers with one socket, over loopback.
#include "proxy/http_listener.hpp"

#include "server_fixture.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

using namespace serval;

TEST_CASE("a server that takes over a socket accepts what waits in its "
          "backlog") {
  server_fixture first;
  unique_fd shared;
  first.on_loop([&] { shared.reset(::dup(first.server->descriptor())); });
  REQUIRE(shared);
  std::atomic<bool> closed = false;
  first.on_loop([&] { first.server->stop([&] { closed = true; }); });
  first.wait_for([&] { return closed.load(); });
  // Nobody accepts now.
  raw_client waiting;
  REQUIRE(waiting.connect(first.port));
  waiting.send(request_of("POST", "/", "early"));
  server_fixture second;
  second.on_loop([&] {
    second.server.emplace(second.loop, second.handler);
    auto port = second.server->adopt(std::move(shared));
    REQUIRE(port);
    CHECK(*port == first.port);
  });
  CHECK(waiting.receive().body == "early");
}

TEST_CASE("only a socket that listens can be taken over") {
  server_fixture node;
  node.on_loop([&] {
    node.server.emplace(node.loop, node.handler);
    auto adopted = node.server->adopt(unique_fd{::open("/dev/null", O_RDONLY)});
    REQUIRE_FALSE(adopted);
    CHECK(adopted.error().code == errc::bad_request);
    CHECK(node.server->descriptor() == -1);
  });
}

TEST_CASE("a server that lingers takes one more request of each connection") {
  server_fixture node;
  raw_client idle{node.port};
  CHECK(idle.ask(request_of("GET", "/")).status == 200);
  std::atomic<bool> closed = false;
  node.on_loop([&] {
    node.server->stop([&] { closed = true; }, std::chrono::hours{1});
  });
  raw_client late;
  CHECK_FALSE(late.connect(node.port));
  CHECK_FALSE(closed);
  auto answer = idle.ask(request_of("GET", "/"));
  CHECK(answer.status == 200);
  CHECK(raw_client::field(answer.head, "Connection") == "close");
  CHECK(idle.ended());
  idle.close();
  node.wait_for([&] { return closed.load(); });
}

TEST_CASE("a server that lingered long enough closes what idles") {
  server_fixture node;
  raw_client idle{node.port};
  CHECK(idle.ask(request_of("GET", "/")).status == 200);
  std::atomic<bool> closed = false;
  node.on_loop([&] {
    node.server->stop([&] { closed = true; }, std::chrono::milliseconds{1});
  });
  CHECK(idle.ended());
  node.wait_for([&] { return closed.load(); });
}
