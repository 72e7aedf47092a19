#pragma once

#include "simulation/promises/cluster_promise.hpp"

#include <algorithm>
#include <map>

namespace serval::simulation {

/// No node obeys a command that is older than the newest that it obeyed, or
/// that its disk remembers: whoever was stopped, cut off or outrun by its clock
/// is never obeyed after the one who came later.
class stale_commands_are_refused final : public cluster_promise {
public:
  stale_commands_are_refused() : cluster_promise("stale commands are refused") {
    // nop
  }

  void on_daemon(const std::string& node, serval::epoch remembered) override {
    highest_[node] = remembered;
  }

  void on_obeyed(const cluster_facts&, const node_command& what) override {
    auto& highest = highest_[what.node];
    if (what.under < highest)
      broke("{} obeys {} under epoch {} after it obeyed epoch {}", what.node,
            what.leader, what.under.value, highest.value);
    highest = std::max(highest, what.under);
  }

private:
  std::map<std::string, serval::epoch> highest_;
};

} // namespace serval::simulation
