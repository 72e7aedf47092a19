#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace serval {

/// Where a link's peer is, or where peers may connect.
struct link_address {
  /// An IPv4 or IPv6 address, or a name to look up; empty for a Unix socket.
  std::string host;
  std::uint16_t port = 0;
  /// Of a Unix socket; empty for TCP.
  std::string path;
  /// Over TCP: what is sent is encrypted.
  bool tls = false;

  /// Whether only processes of this machine can be at the other end. Of a name
  /// that is not known.
  bool is_local() const;

  /// Whether the host is a name. One can dial it, but not listen there.
  bool is_name() const;

  /// As `parse_link_address` reads it.
  std::string to_string() const;

  friend bool operator==(const link_address&, const link_address&) = default;
};

/// Reads `127.0.0.1:9490`, `[::1]:9490`, `node-1.shop:9490`, `unix:/a/path` or,
/// encrypted, `tls://127.0.0.1:9490`. Names are looked up by whoever dials
/// them, but `localhost` is 127.0.0.1.
result<link_address> parse_link_address(std::string_view text);

} // namespace serval
