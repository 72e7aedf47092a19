#include "node/cluster_watch.hpp"

#include <prometheus/registry.h>

#include <string>

namespace serval {

cluster_watch::cluster_watch(prometheus::Registry& registry)
  : links_(prometheus::BuildGauge()
             .Name("serval_peer_links")
             .Help("Links that are up for calls to another node, at most one "
                   "for each loop.")
             .Register(registry)),
    losses_(prometheus::BuildCounter()
              .Name("serval_peer_links_lost_total")
              .Help("Links for calls to another node that broke.")
              .Register(registry)),
    nodes_(prometheus::BuildGauge()
             .Name("serval_nodes")
             .Help("Nodes of the cluster by state, as its leader knows them.")
             .Register(registry)) {
  // nop
}

void cluster_watch::on_link(const std::string& peer, link_event what) {
  auto& up = links_.Add({{"peer", peer}});
  if (what == link_event::up)
    up.Increment();
  else
    up.Decrement();
  if (what == link_event::lost)
    losses_.Add({{"peer", peer}}).Increment();
}

void cluster_watch::update(const std::map<std::string, member>& nodes) {
  std::map<node_state, std::size_t> counts;
  for (const auto& [name, who] : nodes)
    ++counts[who.state];
  for (const auto& row : node_cycle().states())
    nodes_.Add({{"state", std::string{row.name}}})
      .Set(static_cast<double>(counts[row.state]));
}

} // namespace serval
