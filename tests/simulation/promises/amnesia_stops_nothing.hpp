#pragma once

#include "simulation/promises/cluster_promise.hpp"

namespace serval::simulation {

/// A leader that reads what an old dump has left stops no worker of a release
/// that this does not know, until an operator has said what they are. It is
/// promised of the nodes that are there when an app_master begins: what comes
/// back later finds its work given to others.
class amnesia_stops_nothing final : public cluster_promise {
public:
  amnesia_stops_nothing() : cluster_promise("amnesia stops nothing") {
    // nop
  }

  void on_stop(const cluster_facts& facts, const node_command& from,
               const body_name& name) override {
    auto began = facts.masters.find({from.under, name.app});
    if (began == facts.masters.end()
        || began->second.restores < facts.counts.restores
        || facts.nodes.at(name.node).welcomed > began->second.at)
      return;
    const auto& body = facts.bodies.at(name);
    if (body.forgotten)
      broke("{} stops worker {} of {}, whose release {} the store has "
            "forgotten",
            name.node, name.key.id.value, name.app, body.order.release.value);
  }
};

} // namespace serval::simulation
