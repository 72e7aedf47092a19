#include "load/socket_target.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include <cstring>

using namespace serval;
using namespace std::chrono_literals;

namespace {

socket_target v4(const char* text) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  REQUIRE(::inet_pton(AF_INET, text, &in.sin_addr) == 1);
  const auto* bytes = reinterpret_cast<const std::byte*>(&in);
  return {{bytes, bytes + sizeof(in)}};
}

socket_target v6(const char* text) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  REQUIRE(::inet_pton(AF_INET6, text, &in.sin6_addr) == 1);
  const auto* bytes = reinterpret_cast<const std::byte*>(&in);
  return {{bytes, bytes + sizeof(in)}};
}

} // namespace

TEST_CASE("only this machine's own addresses are loopback") {
  CHECK(v4("127.0.0.1").is_loopback());
  CHECK(v4("127.9.9.9").is_loopback());
  CHECK_FALSE(v4("10.0.0.1").is_loopback());
  CHECK_FALSE(v4("128.0.0.1").is_loopback());
  CHECK(v6("::1").is_loopback());
  CHECK_FALSE(v6("fe80::1").is_loopback());
}

TEST_CASE("a port that nobody listens on is an error that names it") {
  auto found = find_target("127.0.0.1", "1", reach::loopback, 1s);
  REQUIRE_FALSE(found);
  CHECK(found.error().message.find("127.0.0.1:1") != std::string::npos);
}

TEST_CASE("another machine is not even spoken to unless that is allowed") {
  auto found = find_target("192.0.2.1", "9", reach::loopback, 1h);
  REQUIRE_FALSE(found);
  CHECK(found.error().message.find("--allow-remote") != std::string::npos);
}
