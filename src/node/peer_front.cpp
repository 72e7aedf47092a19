#include "node/peer_front.hpp"

#include "node/on_loop.hpp"

#include <fmt/format.h>

#include <random>

namespace serval {

namespace {

std::uint64_t random_number() {
  std::random_device source;
  return std::uint64_t{source()} << 32 | source();
}

} // namespace

result<std::unique_ptr<peer_net>>
make_peer_net(const node_config& config,
              const std::vector<std::unique_ptr<loop>>& loops, node_log& log,
              session_factory control,
              std::function<void(const std::string&, link_event)> on_link) {
  if (config.cluster.alone())
    return std::unique_ptr<peer_net>{};
  if (loops.size() > peer_net::loops_max)
    return error{errc::bad_request,
                 fmt::format("a node of a cluster has at most {} loops, not "
                             "{}; set node.loops",
                             peer_net::loops_max, loops.size())};
  return std::make_unique<peer_net>(peer_net_setup{
    loops,
    {config.cluster.name, config.node.name, config.cluster.zone,
     fmt::format("{:016x}", random_number())},
    random_number(), std::move(control), [&log](const std::string& text) {
      log.write(log_level::warning, "peers", text);
    },
    std::move(on_link)});
}

result<listen_address>
listen_for_peers(peer_net& peers,
                 const std::vector<std::unique_ptr<loop>>& loops,
                 const cluster_section& cluster) {
  auto where = cluster.listen;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    auto port = on_loop(*loops[i], [&] {
      return peers.hub(i).listen({where.host, where.port, {}},
                                 i == 0 ? address_sharing::first
                                        : address_sharing::join);
    });
    if (!port)
      return port.error();
    where.port = *port;
  }
  return where;
}

void stop_peers(peer_net& peers,
                const std::vector<std::unique_ptr<loop>>& loops) {
  for (std::size_t i = 0; i < loops.size(); ++i)
    on_loop(*loops[i], [&] {
      peers.hub(i).stop();
      return true;
    });
}

} // namespace serval
