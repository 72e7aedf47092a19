#pragma once

#include "base/time.hpp"
#include "model/node_facts.hpp"
#include "model/node_state.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace serval {

/// A node of the cluster, as its leader knows it.
struct member {
  node_facts facts;
  node_state state = node_state::lost;
  /// Since when it is in that state.
  time_point since;
  /// When a suspect is given up.
  time_point due = time_point::max();
};

/// Who belongs to the cluster, and who is there. A pure core: whoever owns the
/// links says what happens to them. Moves as `node_cycle` says.
class members {
public:
  /// Nodes of the names in `drained` are to be drained when they join.
  explicit members(duration lost_after, std::set<std::string> drained = {})
    : lost_after_(lost_after), drained_(std::move(drained)) {
    // nop
  }

  /// The node's link is up. A new one joins the cluster.
  void joined(node_facts facts, time_point now);

  /// The node has all tables.
  void levelled(const std::string& node, time_point now);

  void link_lost(const std::string& node, time_point now);

  /// Returns those who are lost now.
  std::vector<std::string> on_timer(time_point now);

  /// When `on_timer` has something to do.
  time_point due() const noexcept;

  /// Returns false if there is no such node.
  bool drain(const std::string& node, time_point now);
  bool undrain(const std::string& node, time_point now);

  /// No worker is on the node.
  void emptied(const std::string& node, time_point now);

  /// Those that are being emptied.
  std::vector<std::string> draining() const {
    return {draining_.begin(), draining_.end()};
  }

  /// All that were asked to drain, also those that have not joined yet.
  std::vector<std::string> drained() const {
    return {drained_.begin(), drained_.end()};
  }

  /// Null if there is no such node.
  const member* find(const std::string& node) const;

  /// Changes whenever anything of them does.
  std::uint64_t version() const noexcept {
    return version_;
  }

  /// By name.
  const std::map<std::string, member>& all() const noexcept {
    return all_;
  }

private:
  void move(member& who, node_event on, time_point now);

  duration lost_after_;
  std::set<std::string> drained_;
  std::map<std::string, member> all_;
  /// Who is given up when, so that nobody has to look at all.
  std::set<std::pair<time_point, std::string>> suspects_;
  std::set<std::string> draining_;
  std::uint64_t version_ = 0;
};

} // namespace serval
