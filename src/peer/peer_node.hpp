#pragma once

#include "link/link_address.hpp"

#include <string>

namespace serval {

/// Another node of the cluster.
struct peer_node {
  std::string name;
  /// Of its node links.
  link_address address;
  std::string zone;

  friend bool operator==(const peer_node&, const peer_node&) = default;
};

/// What this node says of itself to others.
struct peer_identity {
  std::string cluster;
  std::string node;
  std::string zone;
  /// Differs after each start.
  std::string boot_id;
};

} // namespace serval
