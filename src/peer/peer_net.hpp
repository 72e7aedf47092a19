#pragma once

#include "peer/gateway_actor.hpp"
#include "peer/peer_hub.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace serval {

/// What a node's links with others work with. The loops outlive it.
struct peer_net_setup {
  const std::vector<std::unique_ptr<loop>>& loops;
  peer_identity self;
  std::uint64_t seed = 0;
  /// As in `peer_hub_setup`; called on any loop.
  session_factory control = {};
  /// Takes a line for the operator. Any thread.
  std::function<void(const std::string&)> log;
  /// As in `peer_hub_setup`; called on any loop.
  std::function<void(const std::string& peer, link_event)> on_link
    = [](const auto&, auto) {};
};

/// All links of this node with others: a hub per loop.
class peer_net {
public:
  /// Gateways follow the loops' dispatchers in one byte.
  static constexpr std::size_t loops_max = 128;

  /// REQUIRES: at most `loops_max` loops, which do not run yet.
  explicit peer_net(peer_net_setup setup);

  const peer_identity& self() const noexcept {
    return setup_.self;
  }

  /// The hub of that loop, to be used there.
  peer_hub& hub(std::size_t loop) {
    return *hubs_[loop];
  }

  /// See `peer_hub::use_release`. On that loop.
  void use_release(std::size_t loop, const std::string& app,
                   release_number release, local_dispatcher dispatcher,
                   const std::vector<peer_node>& peers) {
    hub(loop).use_release({app, release}, std::move(dispatcher), peers);
  }

  /// Lets peers call the release's workers here: the gateways, one per loop,
  /// stand behind the loops' dispatchers in what workers are given. Any thread.
  std::vector<local_gateway> open_release(caf::actor_system& system,
                                          const std::string& app,
                                          release_number release);

  /// Ends the gateways, which no worker knows any more, and what this node used
  /// of the release elsewhere. Any thread.
  void close_release(const std::string& app, release_number release,
                     std::vector<local_gateway> gateways);

private:
  peer_net_setup setup_;
  std::vector<std::unique_ptr<peer_hub>> hubs_;
};

} // namespace serval
