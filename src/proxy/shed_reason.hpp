#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace serval {

/// Why a connection is closed for want of room.
enum class shed_reason : std::uint8_t {
  connections, ///< The listener has all that it may have.
  address,     ///< The client's address has all that it may have.
  descriptors, ///< The process has all that it may have.
  memory,      ///< The node is short of it.
  unsent,      ///< Too many answers wait, this client's the longest.
};

inline constexpr std::size_t shed_reason_count
  = static_cast<std::size_t>(shed_reason::unsent) + 1;

/// As it appears in metrics.
constexpr std::string_view to_string(shed_reason why) noexcept {
  switch (why) {
    case shed_reason::connections:
      return "connections";
    case shed_reason::address:
      return "address";
    case shed_reason::descriptors:
      return "descriptors";
    case shed_reason::memory:
      return "memory";
    case shed_reason::unsent:
      break;
  }
  return "unsent";
}

} // namespace serval
