#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <string>
#include <vector>

struct sockaddr;

namespace serval {

/// Where to connect over TCP.
struct socket_target {
  /// The bytes of a `sockaddr`.
  std::vector<std::byte> address;

  const sockaddr* get() const noexcept;
  int family() const noexcept;
  bool is_loopback() const noexcept;
};

/// Which machines may be loaded.
enum class reach {
  loopback, ///< Only this one.
  anywhere,
};

/// Looks a name or an address up. Of several addresses within reach the first
/// that accepts a connection within `patience` is taken. Blocks.
result<socket_target> find_target(const std::string& host,
                                  const std::string& port, reach allowed,
                                  duration patience);

} // namespace serval
