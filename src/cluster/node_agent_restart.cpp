// How a node's agent gets across a restart of its daemon.
#include "cluster/node_agent.hpp"

#include "spec/spec_json.hpp"

#include <algorithm>

namespace serval {

std::vector<cluster_message> node_agent::kept() const {
  std::vector<cluster_message> out;
  out.push_back(message(members_));
  for (const auto& [name, app] : apps_) {
    for (const auto& [number, spec] : app.specs)
      out.push_back(message(
        use_release_message{name, {number, to_canonical_json(*spec)}}));
    for (const auto& [id, held] : app.ordered)
      out.push_back({held.under, start_order_message{held.order}});
    if (app.table)
      out.push_back(message(*app.table));
  }
  return out;
}

agent_effects node_agent::restore(std::vector<cluster_message> kept) {
  agent_effects out;
  for (auto& each : kept) {
    epoch_ = std::max(epoch_, each.epoch);
    under_ = epoch_;
    std::visit([&](auto& what) { take(what, out); }, each.body);
  }
  // There is no leader to leave, or to tell.
  std::erase_if(out, [](const agent_effect& each) {
    return std::holds_alternative<leave_leader>(each)
           || std::holds_alternative<send_to_leader>(each);
  });
  return out;
}

} // namespace serval
