#include "cli/bench_target.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a target is a host, a port and a path or an application") {
  auto http = parse_target("http://localhost:80/a/b?c=d#e");
  REQUIRE(http);
  CHECK_FALSE(http->rpc);
  CHECK(http->host == "localhost");
  CHECK(http->port == "80");
  CHECK(http->path == "/a/b?c=d");
  auto bare = parse_target("http://h");
  REQUIRE(bare);
  CHECK(bare->to_string() == "http://h:80/");
  auto query = parse_target("http://h:1?x");
  REQUIRE(query);
  CHECK(query->path == "/?x");
  auto v6 = parse_target("http://[::1]:8080/");
  REQUIRE(v6);
  CHECK(v6->host == "::1");
  CHECK(v6->authority() == "[::1]:8080");
  auto rpc = parse_target("rpc://127.0.0.1:9490/hello");
  REQUIRE(rpc);
  CHECK(rpc->rpc);
  CHECK(rpc->app == "hello");
  CHECK(rpc->to_string() == "rpc://127.0.0.1:9490/hello");
}

TEST_CASE("what is no target is refused") {
  for (auto url : {"https://h/", "ftp://h", "http://", "http://:80/",
                   "http://h:0/", "http://h:x/", "http://h:70000/",
                   "http://[::1/", "http://[::1]x", "http://h/a b",
                   "http://h/\r\nX: y", "rpc://h/app", "rpc://h:1",
                   "rpc://h:1/a/b"}) {
    CAPTURE(url);
    CHECK_FALSE(parse_target(url));
  }
}
