#include "simulation/cluster/cluster_daemon.hpp"

#include <algorithm>

namespace serval::simulation {

namespace {

std::vector<std::string> others(const std::vector<std::string>& nodes,
                                const std::string& self) {
  auto out = nodes;
  std::erase(out, self);
  return out;
}

serval::epoch highest_of(const std::vector<cluster_message>& kept) {
  serval::epoch highest;
  for (const auto& each : kept)
    highest = std::max(highest, each.epoch);
  return highest;
}

} // namespace

daemon_place cluster_daemon::place(cluster_scene& in, fabric& net,
                                   store_door& store, machine& at) {
  return {in, net, store, at, life_, at.facts};
}

cluster_daemon::cluster_daemon(cluster_scene& in, fabric& net,
                               store_door& store, machine& at,
                               const std::vector<std::string>& nodes)
  : life_(in.loop),
    host_(in, life_, at.facts.name),
    link_(place(in, net, store, at), host_, others(nodes, at.facts.name),
          [this] { return leader_.core().view().leader_address; }),
    control_(place(in, net, store, at),
             {[this] { return link_.leader_address(); },
              [this] { return link_.members(); },
              [this] { return link_.drained(); },
              [this](bool leads) {
                link_.lead_by(leads ? &control_ : nullptr);
              }}),
    leader_(place(in, net, store, at), control_) {
  in.watch(&cluster_promise::on_daemon, at.facts.name, highest_of(at.kept));
  net.listen(at.facts.name, life_,
             [this](link_handle link, const std::string& peer) {
               return control_.accept(std::move(link), peer);
             });
  life_.after(duration{1}, [this] {
    link_.start();
    leader_.start();
  });
}

} // namespace serval::simulation
