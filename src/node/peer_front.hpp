#pragma once

#include "config/node_config.hpp"
#include "node/node_log.hpp"
#include "peer/peer_net.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace serval {

// A node's links with others, as its configuration says.

/// Null for a node that serves alone, which pays nothing for what it does not
/// use. `control` and `on_link` are as in `peer_net_setup`. The log outlives
/// the net.
result<std::unique_ptr<peer_net>>
make_peer_net(const node_config& config,
              const std::vector<std::unique_ptr<loop>>& loops, node_log& log,
              session_factory control,
              std::function<void(const std::string&, link_event)> on_link);

/// Lets other nodes in, on all loops, which run. Answers where, with the port
/// that the kernel chose for port 0.
result<listen_address>
listen_for_peers(peer_net& peers,
                 const std::vector<std::unique_ptr<loop>>& loops,
                 const cluster_section& cluster);

/// Ends all links, and returns when that is done.
void stop_peers(peer_net& peers,
                const std::vector<std::unique_ptr<loop>>& loops);

} // namespace serval
