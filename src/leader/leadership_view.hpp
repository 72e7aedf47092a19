#pragma once

#include "model/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace serval {

/// What a node is to the control plane.
enum class leader_role : std::uint8_t {
  starting,   ///< The store has not been asked yet.
  following,  ///< Another node leads, or none.
  recovering, ///< This one leads and reads the journals.
  leading,
};

constexpr std::string_view to_string(leader_role role) noexcept {
  constexpr std::string_view names[]
    = {"starting", "following", "recovering", "leading"};
  return names[static_cast<int>(role)];
}

/// What there is to tell of it.
struct leadership_view {
  leader_role role = leader_role::starting;
  /// The term of whoever leads; 0 if it is not known.
  serval::epoch epoch;
  /// The node that leads; empty if none does or it is not known.
  std::string leader;
  /// Where its control API is, and where other nodes reach it; empty if that is
  /// not known.
  std::string leader_admin;
  std::string leader_address;
  /// Why this node is not leading; empty if it is.
  std::string reason;

  friend bool operator==(const leadership_view&, const leadership_view&)
    = default;
};

} // namespace serval
