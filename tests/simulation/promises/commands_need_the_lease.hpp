#pragma once

#include "simulation/promises/cluster_promise.hpp"

namespace serval::simulation {

/// A leader gives commands only while the store would grant the lease to nobody
/// else, however long it was stopped and as long as clocks differ by little.
class commands_need_the_lease final : public cluster_promise {
public:
  commands_need_the_lease() : cluster_promise("commands need the lease") {
    // nop
  }

  void on_command(const cluster_facts& facts, const std::string& node,
                  serval::epoch under) override {
    if (facts.nodes.at(node).runs_away || facts.miscounted.contains(under)
        || facts.given_twice.contains(under))
      return;
    if (facts.lease.epoch != under)
      broke("{} commands under epoch {}, but epoch {} was granted to {}", node,
            under.value, facts.lease.epoch.value, facts.lease.node);
    else if (now >= facts.lease.until)
      broke("{} commands under epoch {}, whose lease the store has let expire",
            node, under.value);
  }
};

} // namespace serval::simulation
