#pragma once

#include "simulation/promises/cluster_promise.hpp"

#include <algorithm>

namespace serval::simulation {

/// No worker is placed on a node that lacks a label it needs, has as many of
/// its kind as there may be, or has no processors left for it.
class workers_fit_their_nodes final : public cluster_promise {
public:
  workers_fit_their_nodes() : cluster_promise("workers fit their nodes") {
    // nop
  }

  void on_start(const cluster_facts& facts, const node_command& from,
                const body_name& name, const worker_order& order) override {
    // What a node did before it was started anew had its place.
    if (from.leader.empty())
      return;
    const auto& node = facts.nodes.at(name.node).facts;
    const auto& needs = *find_backend(*order.spec, order.backend);
    for (const auto& label : needs.labels)
      if (std::ranges::find(node.labels, label) == node.labels.end())
        broke("{} has no {}, which backend {} needs", node.name, label,
              order.backend);
    auto cpu = needs.cpu;
    std::uint32_t of_kind = 1;
    auto at = facts.bodies.lower_bound({name.node, {}, {}});
    for (; at != facts.bodies.end() && at->first.node == name.node; ++at) {
      const auto& other = at->second.order;
      if (at->second.told_to_stop)
        continue;
      cpu += find_backend(*other.spec, other.backend)->cpu;
      of_kind += other.app == order.app && other.release == order.release
                 && other.backend == order.backend;
    }
    if (needs.max_per_node > 0 && of_kind > needs.max_per_node)
      broke("{} gets {} workers of backend {}; {} are allowed", node.name,
            of_kind, order.backend, needs.max_per_node);
    if (needs.cpu > 0 && cpu > node.cpu + 1e-6)
      broke("{} gets workers for {} cpu and has {}", node.name, cpu, node.cpu);
  }
};

} // namespace serval::simulation
