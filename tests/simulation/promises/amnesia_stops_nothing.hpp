#pragma once

#include "simulation/promises/cluster_promise.hpp"

#include <algorithm>

namespace serval::simulation {

/// A leader that reads what an old dump has left stops no worker of a release
/// that this does not know, until an operator has said what they are. It is
/// promised of the nodes that are there when an app_master begins: what comes
/// back later finds its work given to others. So does one whose worker the
/// leader before has started elsewhere: of the two, the later one goes on.
class amnesia_stops_nothing final : public cluster_promise {
public:
  amnesia_stops_nothing() : cluster_promise("amnesia stops nothing") {
    // nop
  }

  void on_stop(const cluster_facts& facts, const std::string& leader,
               serval::epoch term, const body_name& name) override {
    auto began = facts.masters.find({leader, term, name.app});
    if (began == facts.masters.end()
        || began->second.restores < facts.counts.restores
        || facts.nodes.at(name.node).welcomed > began->second.at)
      return;
    auto found = facts.bodies.find(name);
    if (found == facts.bodies.end())
      return;
    const auto& body = found->second;
    if (body.forgotten && !body.told_to_stop
        && !goes_on_elsewhere(facts, name))
      broke("{} has worker {} of {} stopped, whose release {} the store has "
            "forgotten",
            name.node, name.key.id.value, name.app, body.order.release.value);
  }

private:
  static bool goes_on_elsewhere(const cluster_facts& facts,
                                const body_name& name) {
    return std::ranges::any_of(facts.bodies, [&](const auto& each) {
      const auto& other = each.first;
      return other.app == name.app && other.key.id == name.key.id
             && other.key.incarnation > name.key.incarnation
             && !each.second.told_to_stop;
    });
  }
};

} // namespace serval::simulation
