#pragma once

#include "model/ids.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// Which node has which of one application's tables, and where requests may be
/// pinned to which release. What a node's word costs does not grow with the
/// number of nodes.
class table_watch {
public:
  /// The node is sent a table in which `serving` serves; none if it is zero.
  void sent(const std::string& node, release_number serving);

  /// The node has said so before it joined: what it acknowledged, and which
  /// releases it may still have requests of.
  void joined(const std::string& node, std::uint64_t acked,
              const std::vector<release_number>& pinned);

  /// All loops of the node have that version.
  void acked(const std::string& node, std::uint64_t version);

  /// No request of the node is pinned to the release.
  void idle(const std::string& node, release_number release);

  /// The node is lost, and waited for no more.
  void forget(const std::string& node);

  /// The version that all nodes have that were sent one; 0 if there is none.
  std::uint64_t acked_by_all() const noexcept {
    return versions_.empty() ? 0 : versions_.begin()->first;
  }

  std::uint64_t acked_by(const std::string& node) const;

  bool pinned_anywhere(release_number release) const {
    return pins_.contains(release);
  }

private:
  struct knowledge {
    std::uint64_t acked = 0;
    std::set<release_number> pinned;
  };

  knowledge& at(const std::string& node);
  void pin(knowledge& node, release_number release);
  void unpin(release_number release);
  void move(knowledge& node, std::uint64_t to);

  std::map<std::string, knowledge> nodes_;
  /// How many nodes have acknowledged which version, and no later one.
  std::map<std::uint64_t, std::size_t> versions_;
  /// On how many nodes requests may be pinned to a release.
  std::map<release_number, std::size_t> pins_;
};

} // namespace serval
