#include "config/listen_address.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("addresses survive a round trip") {
  for (auto text : {"127.0.0.1:9480", "0.0.0.0:0", "[::1]:65535", "[::]:1"}) {
    CAPTURE(text);
    CHECK(to_string(parse_listen_address(text).value()) == text);
  }
  CHECK(to_string(parse_listen_address("localhost:1").value())
        == "127.0.0.1:1");
}

TEST_CASE("what is no address is refused") {
  for (auto text : {"", "127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:65536",
                    "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1", "host:1",
                    "::1:80", "[::1]", "[127.0.0.1]:1", "127.0.0.256:1",
                    "127.1:1", "127.0.0.1:80x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_listen_address(text).has_value());
  }
}

TEST_CASE("only loopback addresses count as loopback") {
  CHECK(is_loopback({"127.0.0.1", 1}));
  CHECK(is_loopback({"127.9.9.9", 1}));
  CHECK(is_loopback({"::1", 1}));
  CHECK_FALSE(is_loopback({"0.0.0.0", 1}));
  CHECK_FALSE(is_loopback({"::", 1}));
  CHECK_FALSE(is_loopback({"128.0.0.1", 1}));
}

TEST_CASE("an address that stands for all is told from one machine's") {
  CHECK(is_wildcard({"0.0.0.0", 1}));
  CHECK(is_wildcard({"::", 1}));
  CHECK_FALSE(is_wildcard({"127.0.0.1", 1}));
  CHECK_FALSE(is_wildcard({"::1", 1}));
}
