// What a worker_host has to do with other nodes.
#include "node/worker_host.hpp"

namespace serval {

void worker_host::use_hosts(std::string app, std::vector<release_hosts> hosts) {
  if (setup_.peers == nullptr)
    return;
  on_control_loop([this, name = std::move(app), hosts = std::move(hosts)] {
    auto& app = apps_[name];
    app.peers.clear();
    for (const auto& each : hosts)
      for (const auto& node : each.nodes) {
        auto address = parse_link_address(node.address);
        if (address && node.name != setup_.peers->self().node)
          app.peers[each.release].push_back(
            {node.name, std::move(*address), node.zone});
      }
    for (const auto& [number, release] : app.releases)
      use_peers(app, name, number, release);
  });
}

void worker_host::use_peers(const app_host& app, const std::string& name,
                            release_number number,
                            const release_host& release) {
  if (setup_.peers == nullptr)
    return;
  std::vector<peer_node> peers;
  if (auto found = app.peers.find(number); found != app.peers.end())
    peers = found->second;
  for (std::size_t i = 0; i < setup_.loops.size(); ++i)
    setup_.loops[i]->post(
      [peers_net = setup_.peers, i, name, number,
       dispatcher = release.dispatchers[i], peers] {
        peers_net->use_release(i, name, number, dispatcher, peers);
      });
}

} // namespace serval
