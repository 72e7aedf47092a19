#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace serval {

/// Who asks for the lease. The store keeps it as one line of text, by which the
/// other nodes know who leads.
struct lease_holder {
  /// The node's name.
  std::string node;
  /// Where its control API is, and where other nodes reach it; empty if that is
  /// nowhere, or not yet.
  std::string admin;
  std::string address;
  /// Differs after each start of the daemon, and from that of any other:
  /// whoever starts again does not take its predecessor's lease for its own.
  std::string boot_id;

  friend bool operator==(const lease_holder&, const lease_holder&) = default;
};

/// REQUIRES: no part has a space
std::string to_string(const lease_holder& who);

/// Reads what `to_string` wrote; nothing if it is something else.
std::optional<lease_holder> parse_lease_holder(std::string_view text);

} // namespace serval
