#pragma once

#include "simulation/promises/cluster_promise.hpp"

#include <map>

namespace serval::simulation {

/// Of each term, the commands of one leader at most are obeyed, by whichever
/// nodes.
class one_leader_per_epoch final : public cluster_promise {
public:
  one_leader_per_epoch() : cluster_promise("one leader per epoch") {
    // nop
  }

  void on_obeyed(const cluster_facts& facts,
                 const node_command& what) override {
    if (what.leader.empty() || facts.given_twice.contains(what.under))
      return;
    auto [first, fresh] = leaders_.try_emplace(what.under, what.leader);
    if (!fresh && first->second != what.leader)
      broke("{} obeys {} under epoch {}, which is {}'s", what.node, what.leader,
            what.under.value, first->second);
  }

private:
  std::map<serval::epoch, std::string> leaders_;
};

} // namespace serval::simulation
