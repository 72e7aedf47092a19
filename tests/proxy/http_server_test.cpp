// The server against a client that sends exactly the bytes it is told to.

#include "proxy/http_server.hpp"

#include "server_fixture.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("one connection serves many requests") {
  server_fixture node;
  raw_client client{node.port};
  for (int i = 0; i < 100; ++i) {
    auto answer = client.ask(request_of("POST", "/", std::to_string(i)));
    CHECK(answer.status == 200);
    CHECK(answer.body == std::to_string(i));
  }
  CHECK(node.stats().accepted == 1);
  CHECK(node.stats().requests == 100);
}

TEST_CASE("ten thousand requests in one go are answered in order") {
  server_fixture node;
  raw_client client{node.port};
  std::string bytes;
  for (int i = 0; i < 10'000; ++i)
    bytes += request_of("POST", "/", std::to_string(i));
  std::thread sender{[&] { client.send(bytes); }};
  for (int i = 0; i < 10'000; ++i)
    REQUIRE(client.receive().body == std::to_string(i));
  sender.join();
}

TEST_CASE("a request that waits holds up those behind it on its connection "
          "alone") {
  server_fixture node;
  raw_client client{node.port};
  client.send(request_of("POST", "/hold", "first")
              + request_of("POST", "/", "second"));
  node.wait_for([&] { return node.handler.held_count == 1; });
  raw_client other{node.port};
  CHECK(other.ask(request_of("POST", "/", "other")).body == "other");
  CHECK(node.handler.handled == 2);
  client.send(request_of("POST", "/", "third"));
  node.answer_held();
  CHECK(client.receive().body == "first");
  CHECK(client.receive().body == "second");
  CHECK(client.receive().body == "third");
}

TEST_CASE("a request that comes byte by byte is answered") {
  server_fixture node;
  raw_client client{node.port};
  for (auto c : request_of("POST", "/", "body"))
    client.send({&c, 1});
  CHECK(client.receive().body == "body");
  std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                        "chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
  for (auto c : chunked)
    client.send({&c, 1});
  CHECK(client.receive().body == "abcd");
}

TEST_CASE("large bodies pass in both directions") {
  server_fixture node;
  raw_client client{node.port};
  std::string body;
  while (body.size() < 8'000'000)
    body += std::to_string(body.size());
  std::thread sender{[&] { client.send(request_of("POST", "/", body)); }};
  auto answer = client.receive();
  sender.join();
  CHECK(answer.status == 200);
  CHECK(answer.body == body);
  CHECK(client.ask(request_of("POST", "/", "next")).body == "next");
}

TEST_CASE("HEAD, 204 and 304 have no body and do not confuse what follows") {
  server_fixture node;
  raw_client client{node.port};
  client.send(request_of("HEAD", "/", "abc"));
  auto answer = client.receive(true);
  CHECK(answer.status == 200);
  CHECK(raw_client::field(answer.head, "Content-Length") == "3");
  for (int status : {204, 304}) {
    node.on_loop([&] {
      node.handler.custom.emplace();
      node.handler.custom->status = status;
      node.handler.custom->body = "not to be sent";
    });
    answer = client.ask(request_of("GET", "/"));
    CHECK(answer.status == status);
    CHECK(answer.head.find("Content-Length") == std::string::npos);
  }
  node.on_loop([&] { node.handler.custom.reset(); });
  CHECK(client.ask(request_of("POST", "/", "next")).body == "next");
}

TEST_CASE("HTTP/1.0 closes unless the client asks to keep the connection") {
  server_fixture node;
  raw_client client{node.port};
  auto answer
    = client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(raw_client::field(answer.head, "Connection") == "keep-alive");
  answer = client.ask("GET / HTTP/1.0\r\n\r\n");
  CHECK(raw_client::field(answer.head, "Connection") == "close");
  CHECK(client.ended());
}

TEST_CASE("an answer that could split the response becomes 502") {
  server_fixture node;
  auto status_of = [&](http_response response) {
    node.on_loop([&] { node.handler.custom = std::move(response); });
    raw_client client{node.port};
    return client.ask(request_of("GET", "/")).status;
  };
  http_response response;
  response.fields.push_back({"x", "a\r\nSet-Cookie: b"});
  CHECK(status_of(response) == 502);
  response.fields.clear();
  response.request_id = "a\nb";
  CHECK(status_of(response) == 502);
  response.request_id.clear();
  for (int status : {0, 99, 101, 600, 1000}) {
    response.status = status;
    CHECK(status_of(response) == 502);
  }
}

// -- bad input ---------------------------------------------------------------

TEST_CASE("what is malformed gets its status, then the connection ends, and "
          "the next one is served") {
  server_fixture node;
  struct row {
    int status;
    std::string bytes;
  };
  auto smuggled = request_of("POST", "/", "smuggled");
  std::vector<row> rows = {
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"
          "0\r\n\r\n" + smuggled},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          "0\n\n" + smuggled},
    {400, "GET / HTTP/1.1\r\n\r\n" + smuggled},
    {414, "GET /" + std::string(65536, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"},
    {431, request_of("GET", "/", "",
                     "X: " + std::string(9000, 'x') + "\r\n")},
    {405, request_of("TRACE", "/")},
    {501, request_of("BREW", "/")},
    {505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
    {417, request_of("POST", "/", "abc", "Expect: 200-ok\r\n")},
    {400, "\x16\x03\x01 hello"},
    {400, std::string(1'000'000, '\xfe')},
  };
  for (auto& [status, bytes] : rows) {
    CAPTURE(bytes.substr(0, 100));
    raw_client client{node.port};
    auto answer = client.ask(bytes);
    CHECK(answer.status == status);
    CHECK(raw_client::field(answer.head, "Connection") == "close");
    CHECK(raw_client::field(answer.head, "Content-Type")
          == "application/problem+json");
    CHECK(client.ended());
    CHECK(node.handler.handled == 0);
    raw_client good{node.port};
    CHECK(good.ask(request_of("POST", "/", "x")).status == 200);
    node.handler.handled = 0;
  }
  CHECK(node.handler.refusals == static_cast<int>(rows.size()));
}

TEST_CASE("a good request before a bad one is answered first") {
  server_fixture node;
  raw_client client{node.port};
  client.send(request_of("POST", "/", "good") + "BAD\r\n\r\n");
  CHECK(client.receive().body == "good");
  CHECK(client.receive().status == 400);
  CHECK(client.ended());
}

TEST_CASE("a body above the limit is refused before it is read, and a client "
          "that sends it all the same reads the answer") {
  http_limits limits;
  limits.body_bytes = 1000;
  server_fixture node{limits};
  raw_client client{node.port};
  auto head = request_of("POST", "/", "", "Content-Length: 100000000\r\n");
  CHECK(client.ask(head).status == 413);

  raw_client eager{node.port};
  eager.send(head);
  eager.send(std::string(20'000'000, 'x'));
  CHECK(eager.receive().status == 413);
  CHECK(node.handler.handled == 0);

  raw_client exact{node.port};
  CHECK(exact.ask(request_of("POST", "/", std::string(1000, 'x'))).status
        == 200);
}

TEST_CASE("bodies that are being received are bounded in all") {
  http_limits limits;
  limits.body_bytes = 90'000;
  limits.body_bytes_in_all = 100'000;
  server_fixture node{limits};
  auto head = request_of("POST", "/", "", "Content-Length: 90000\r\n");
  raw_client first{node.port};
  first.send(head + std::string(60'000, 'x'));
  node.wait_for([&] {
    raw_client second{node.port};
    second.send(head + std::string(89'999, 'x'));
    second.end_sending();
    return second.receive().status == 503;
  });
  CHECK(first.ask(std::string(30'000, 'x')).status == 200);
  raw_client third{node.port};
  CHECK(third.ask(head + std::string(90'000, 'x')).status == 200);
}

TEST_CASE("a request that ends before its end is refused") {
  server_fixture node;
  for (std::string bytes : {"GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n",
                            "POST / HTTP/1.1\r\nHost: a\r\n"
                            "Content-Length: 9\r\n\r\nabc",
                            "POST / HTTP/1.1\r\nHost: a\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    CAPTURE(bytes);
    raw_client client{node.port};
    client.send(bytes);
    client.end_sending();
    CHECK(client.receive().status == 400);
    CHECK(client.ended());
  }
  CHECK(node.handler.handled == 0);
}

TEST_CASE("a client that waits for 100 Continue is told to go on") {
  server_fixture node;
  raw_client client{node.port};
  client.send(request_of("POST", "/", "",
                         "Content-Length: 3\r\nExpect: 100-continue\r\n"));
  CHECK(client.receive().status == 100);
  CHECK(client.ask("abc").body == "abc");
}

// -- time --------------------------------------------------------------------

TEST_CASE("clients that dribble, stall or say nothing are cut") {
  http_limits limits;
  limits.header_timeout = 50ms;
  limits.body_timeout = 50ms;
  limits.idle_timeout = 50ms;
  limits.write_timeout = 50ms;
  limits.body_bytes_per_second_min = 1'000'000'000;
  limits.tick = 10ms;
  server_fixture node{limits};
  raw_client client{node.port};
  SUBCASE("in the head") {
    CHECK(client.ask("GET / HTTP/1.1\r\n").status == 408);
  }
  SUBCASE("in the body") {
    CHECK(client.ask(request_of("POST", "/", "", "Content-Length: 9\r\n"))
            .status
          == 408);
  }
  SUBCASE("in the body, byte by byte") {
    client.send(request_of("POST", "/", "", "Content-Length: 60000000\r\n"));
    while (client.send("x") == 1 && node.stats().refused == 0) {
      // nop
    }
    // What was sent too late may have cost the answer.
    auto status = client.receive().status;
    CHECK((status == 408 || status == 0));
    return;
  }
  SUBCASE("before the first request, without a word") {
    // nop
  }
  SUBCASE("between requests") {
    CHECK(client.ask(request_of("GET", "/")).status == 200);
  }
  SUBCASE("in front of its answer") {
    node.on_loop([&] {
      node.handler.custom.emplace();
      node.handler.custom->body = std::string(50'000'000, 'x');
    });
    client.send(request_of("GET", "/"));
    node.wait_for([&] { return node.handler.handled == 1; });
    node.wait_for([&] { return node.stats().connections == 0; });
    // Reset, so that the kernel does not keep the rest for this client.
    node.wait_for([&] { return client.is_over(); });
    CHECK(client.receive().status == 0);
    return;
  }
  CHECK(client.ended());
  node.wait_for([&] { return node.stats().connections == 0; });
}

// -- clients that go away ----------------------------------------------------

TEST_CASE("a client that has closed its sending side gets its answer") {
  server_fixture node;
  SUBCASE("at once") {
    raw_client client{node.port};
    client.send(request_of("POST", "/", "a") + request_of("POST", "/", "b"));
    client.end_sending();
    CHECK(client.receive().body == "a");
    CHECK(client.receive().body == "b");
    CHECK(client.ended());
  }
  SUBCASE("later, after it has been probed") {
    raw_client client{node.port};
    client.send(request_of("POST", "/hold", "a"));
    client.end_sending();
    CHECK(client.receive().status == 100);
    node.answer_held();
    CHECK(client.receive().body == "a");
    CHECK(client.ended());
    CHECK(node.handler.gone == 0);
  }
}

TEST_CASE("the handler hears that a client is gone") {
  http_limits limits;
  limits.half_close_probe_after = 20ms;
  limits.tick = 10ms;
  server_fixture node{limits};
  raw_client client{node.port};
  client.send(request_of("POST", "/hold"));
  node.wait_for([&] { return node.handler.held_count == 1; });
  SUBCASE("by a reset") {
    client.reset();
  }
  SUBCASE("by a mere close") {
    client.close();
  }
  node.wait_for([&] { return node.handler.gone == 1; });
  CHECK(node.stats().client_gone == 1);
  CHECK(node.stats().connections == 0);
}

TEST_CASE("a reset in the middle of a body or an answer ends the connection") {
  server_fixture node;
  raw_client body{node.port};
  body.send(request_of("POST", "/", "", "Content-Length: 9\r\n") + "abc");
  body.reset();
  node.on_loop([&] {
    node.handler.custom.emplace();
    node.handler.custom->body = std::string(50'000'000, 'x');
  });
  raw_client answer{node.port};
  answer.send(request_of("GET", "/"));
  node.wait_for([&] { return node.handler.handled == 1; });
  answer.reset();
  node.wait_for([&] { return node.stats().connections == 0; });
}

// -- limits and life cycle ---------------------------------------------------

TEST_CASE("connections beyond the limit are turned away") {
  http_limits limits;
  limits.connections = 1;
  server_fixture node{limits};
  raw_client first{node.port};
  CHECK(first.ask(request_of("GET", "/")).status == 200);
  raw_client second{node.port};
  CHECK(second.receive().status == 503);
  CHECK(second.ended());
  CHECK(first.ask(request_of("GET", "/")).status == 200);
  CHECK(node.stats().shed == 1);
}

TEST_CASE("without descriptors new connections are shed and the others go "
          "on") {
  server_fixture node;
  raw_client first{node.port};
  CHECK(first.ask(request_of("GET", "/")).status == 200);
  std::vector<raw_client> clients(20);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  auto lowered = before;
  auto next = ::dup(0);
  ::close(next);
  lowered.rlim_cur = static_cast<rlim_t>(next) + 2;
  ::setrlimit(RLIMIT_NOFILE, &lowered);
  int served = 0;
  int shed = 0;
  for (auto& client : clients) {
    if (client.connect(node.port)
        && client.ask(request_of("GET", "/")).status == 200)
      ++served;
    else
      ++shed;
  }
  CHECK(first.ask(request_of("GET", "/")).status == 200);
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(served >= 1);
  CHECK(shed >= 10);
  CHECK(node.stats().shed == static_cast<unsigned>(shed));
  raw_client last{node.port};
  CHECK(last.ask(request_of("GET", "/")).status == 200);
}

TEST_CASE("a server that stops closes what idles and finishes what runs") {
  server_fixture node;
  raw_client idle{node.port};
  CHECK(idle.ask(request_of("GET", "/")).status == 200);
  raw_client busy{node.port};
  busy.send(request_of("POST", "/hold", "a"));
  node.wait_for([&] { return node.handler.held_count == 1; });
  std::atomic<bool> closed = false;
  node.on_loop([&] { node.server->stop([&] { closed = true; }); });
  CHECK(idle.ended());
  raw_client late;
  CHECK_FALSE(late.connect(node.port));
  CHECK_FALSE(closed);
  node.answer_held();
  auto answer = busy.receive();
  CHECK(answer.body == "a");
  CHECK(raw_client::field(answer.head, "Connection") == "close");
  CHECK(busy.ended());
  busy.close();
  node.wait_for([&] { return closed.load(); });
}

TEST_CASE("a server that stops without connections says so") {
  server_fixture node;
  std::atomic<bool> closed = false;
  node.on_loop([&] { node.server->stop([&] { closed = true; }); });
  node.wait_for([&] { return closed.load(); });
}

TEST_CASE("a server that is destroyed tells the handler of open exchanges") {
  server_fixture node;
  raw_client client{node.port};
  client.send(request_of("POST", "/hold"));
  node.wait_for([&] { return node.handler.held_count == 1; });
  node.on_loop([&] { node.server.emplace(node.loop, node.handler); });
  CHECK(node.handler.gone == 1);
  CHECK(client.ended());
}

TEST_CASE("an address that is taken or not ours is an error at once") {
  server_fixture node;
  boost::asio::io_context loop{1};
  test_handler handler;
  auto code_of = [&](listen_address address, port_sharing sharing) {
    http_server server{loop, handler};
    auto port = server.listen(address, sharing);
    return port ? std::optional<errc>{} : port.error().code;
  };
  listen_address taken{"127.0.0.1", node.port};
  CHECK(code_of(taken, port_sharing::none) == errc::conflict);
  CHECK(code_of(taken, port_sharing::first) == errc::conflict);
  CHECK(code_of({"nowhere", 0}, port_sharing::none) == errc::unavailable);
  CHECK(code_of({"192.0.2.1", 0}, port_sharing::none) == errc::unavailable);
}

TEST_CASE("servers of one process share a port, others cannot join") {
  boost::asio::io_context loop{1};
  test_handler handler;
  http_server first{loop, handler};
  http_server second{loop, handler};
  http_server third{loop, handler};
  auto port = first.listen({"127.0.0.1", 0}, port_sharing::first);
  REQUIRE(port);
  CHECK(second.listen({"127.0.0.1", *port}, port_sharing::join));
  auto refused = third.listen({"127.0.0.1", *port}, port_sharing::first);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
}

TEST_CASE("a request can be refused by its head, and its body is not awaited") {
  server_fixture node;
  for (auto rest : {"Content-Length: 1000\r\n\r\n",
                    "Content-Length: 1000\r\n\r\nbegin",
                    "Transfer-Encoding: chunked\r\n\r\n",
                    "Content-Length: 9\r\nExpect: 100-continue\r\n\r\n"}) {
    raw_client client{node.port};
    client.send(std::string{"POST /secret HTTP/1.1\r\nHost: a\r\n"} + rest);
    CHECK(client.receive().status == 401);
    client.end_sending();
    CHECK(client.ended());
  }
  CHECK(node.handler.handled == 0);
  raw_client client{node.port};
  client.send("POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
  client.send("body");
  CHECK(client.receive().body == "body");
}
