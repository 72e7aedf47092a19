#include "config/listen_address.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace serval {

namespace {

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

} // namespace

result<listen_address> parse_listen_address(std::string_view text) {
  auto bad = [&](std::string_view why) {
    return error{errc::bad_request,
                 fmt::format("\"{}\" is no address to listen on: {}; write it "
                             "like \"127.0.0.1:9480\" or \"[::1]:9480\"",
                             text, why)};
  };
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return bad("it has no port");
  auto digits = text.substr(colon + 1);
  listen_address address;
  auto [end, code] = std::from_chars(
    digits.data(), digits.data() + digits.size(), address.port);
  if (code != std::errc{} || end != digits.data() + digits.size())
    return bad("the port must be 0 to 65535");
  auto host = text.substr(0, colon);
  if (host == "localhost")
    host = "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) {
    address.host = host.substr(1, host.size() - 2);
    if (!is_ipv6(address.host))
      return bad("the host is no IPv6 address");
  } else {
    address.host = host;
    if (!is_ipv4(address.host))
      return bad("the host is no IPv4 address");
  }
  return address;
}

std::string to_string(const listen_address& address) {
  if (address.host.find(':') != std::string::npos)
    return fmt::format("[{}]:{}", address.host, address.port);
  return fmt::format("{}:{}", address.host, address.port);
}

bool is_loopback(const listen_address& address) {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.host.c_str(), &v4) == 1)
    return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, address.host.c_str(), &v6) == 1
         && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool is_wildcard(const listen_address& address) {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.host.c_str(), &v4) == 1)
    return v4.s_addr == INADDR_ANY;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, address.host.c_str(), &v6) == 1
         && IN6_IS_ADDR_UNSPECIFIED(&v6);
}

} // namespace serval
