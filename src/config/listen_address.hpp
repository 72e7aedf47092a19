#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace serval {

/// Where to accept connections. Port 0 asks for any free one.
struct listen_address {
  /// An IPv4 or IPv6 address in digits, without brackets.
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const listen_address&, const listen_address&)
    = default;
};

/// Reads "127.0.0.1:9480", "[::1]:0" or "localhost:9480". Other names are
/// refused, since what they stand for may change.
result<listen_address> parse_listen_address(std::string_view text);

/// The text that `parse_listen_address` reads back.
std::string to_string(const listen_address& address);

/// Whether only this machine can reach the address.
bool is_loopback(const listen_address& address);

/// Whether the address stands for all of a machine's.
bool is_wildcard(const listen_address& address);

} // namespace serval
