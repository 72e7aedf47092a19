#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace serval {

/// A certificate and its private key, both in PEM.
struct certificate_with_key {
  std::string certificate;
  std::string key;
};

/// How long certificates are valid that nobody said more about.
inline constexpr std::chrono::days authority_validity{3650};
inline constexpr std::chrono::days node_validity{397};

/// A new authority for the nodes of `cluster`, which signs them and nothing
/// else. REQUIRES: `cluster` is a valid name.
result<certificate_with_key> make_authority(const std::string& cluster,
                                            std::chrono::days validity,
                                            wall_time now);

struct node_identity {
  /// A valid name.
  std::string name;
  /// Addresses and names by which others reach the node.
  std::vector<std::string> hosts;
};

/// A certificate for a node of the authority's cluster, for both sides of a
/// connection. Its names are `hosts` and "node://CLUSTER/NAME". Errors:
/// `bad_request` for a host that is neither an address nor a name, or an
/// authority that is none of `make_authority` or whose key is another's.
result<certificate_with_key>
issue_certificate(const certificate_with_key& authority,
                  const node_identity& to, std::chrono::days validity,
                  wall_time now);

} // namespace serval
