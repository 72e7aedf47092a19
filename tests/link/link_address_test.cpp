#include "link/link_address.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("an address is read and written the same way") {
  for (auto text : {"127.0.0.1:9490", "[::1]:0", "10.1.2.3:65535",
                    "unix:/run/serval/rpc.sock", "example.org:80",
                    "node_1:9460", "tls://1st.a-b:1"}) {
    CAPTURE(text);
    auto address = parse_link_address(text);
    REQUIRE(address);
    CHECK(address->to_string() == text);
  }
  CHECK(parse_link_address("localhost:1")->to_string() == "127.0.0.1:1");
}

TEST_CASE("what is no address is refused with an example of one") {
  for (auto text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                    "127.0.0.1:65536", "127.0.0.1:-1", "::1:80", "[::1]",
                    "300.0.0.1:80", "7:80", "a..b:80", "-a:80", "a-:80",
                    "a.:80", "two words:80",
                    "\u00e9:80", "unix:", " 127.0.0.1:1",
                    "127.0.0.1:1 "}) {
    CAPTURE(text);
    auto address = parse_link_address(text);
    REQUIRE_FALSE(address);
    CHECK(address.error().code == errc::bad_request);
    CHECK(address.error().message.find("127.0.0.1:9490") != std::string::npos);
  }
  CHECK_FALSE(parse_link_address("unix:/" + std::string(200, 'x')));
}

TEST_CASE("what has to be looked up is a name") {
  CHECK(parse_link_address("node-1:1")->is_name());
  for (auto text : {"localhost:1", "10.0.0.1:1", "[::1]:1", "unix:/x"})
    CHECK_FALSE(parse_link_address(text)->is_name());
  CHECK_FALSE(parse_link_address(std::string(254, 'a') + ":1"));
}

TEST_CASE("only loopback and Unix sockets are local") {
  CHECK(parse_link_address("127.0.0.1:1")->is_local());
  CHECK(parse_link_address("127.9.9.9:1")->is_local());
  CHECK(parse_link_address("[::1]:1")->is_local());
  CHECK(parse_link_address("unix:/x")->is_local());
  CHECK_FALSE(parse_link_address("0.0.0.0:1")->is_local());
  CHECK_FALSE(parse_link_address("[::]:1")->is_local());
  CHECK_FALSE(parse_link_address("192.168.0.1:1")->is_local());
  CHECK_FALSE(parse_link_address("node-1:1")->is_local());
}
