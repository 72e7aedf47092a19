#pragma once

#include "dispatcher/dispatcher_actor.hpp"
#include "loop/loop.hpp"
#include "peer/calls_link.hpp"
#include "peer/gateways.hpp"
#include "peer/peer_listener.hpp"
#include "peer/peer_node.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace serval {

/// What nodes show to each other. Null where nothing is encrypted.
struct peer_tls {
  tls_context_ptr accepting;
  tls_context_ptr dialing;
};

/// What a hub works with.
struct peer_hub_setup {
  loop& home;
  peer_identity self;
  /// Varies the pauses between attempts to connect.
  std::uint64_t seed = 0;
  /// Makes what is at this end of control links; may be empty.
  session_factory control;
  /// Takes a line for the operator. Any thread.
  std::function<void(const std::string&)> log;
  /// What becomes of the link for calls to a peer.
  std::function<void(const std::string& peer, link_event)> on_link;
};

/// How `self` behaves on its links to other nodes.
link_settings peer_link_settings(const peer_identity& self);

/// One loop's links with other nodes, in both directions. On the loop, except
/// for construction and destruction, when the loop does not run.
class peer_hub {
public:
  explicit peer_hub(peer_hub_setup setup);

  /// Accepts links. Answers the port. Once at most.
  result<std::uint16_t> listen(const link_address& address,
                               address_sharing sharing);

  /// As in `peer_listener`.
  result<std::uint16_t> adopt(unique_fd listening);
  int descriptor() const noexcept {
    return listener_->descriptor();
  }
  void close_listener() noexcept {
    listener_->close();
  }

  /// Links that come to be from now on are encrypted with `tls`.
  void use(const peer_tls& tls);

  /// Gives `dispatcher` the release's workers on those peers, in place of what
  /// was said of the release before. What was sent to a peer that is no longer
  /// named is waited for.
  void use_release(const release_key& release, local_dispatcher dispatcher,
                   const std::vector<peer_node>& peers);

  /// Whether every peer that releases use has shown workers of theirs.
  bool complete() const noexcept;

  /// The relays of this loop, through which peers reach workers.
  gateways& relays() noexcept {
    return relays_;
  }

  /// Ends all links.
  void stop();

private:
  /// What one dispatcher has of one peer.
  struct usage {
    peer_node peer;
    dispatcher_actor* dispatcher = nullptr;
    std::shared_ptr<stand_in> workers;
  };

  /// A peer may have moved.
  using link_key = std::pair<std::string, std::string>;
  static link_key key_of(const peer_node& peer);

  calls_link& link_to(const peer_node& peer);
  usage begin(const release_key& release, const local_dispatcher& dispatcher,
            const peer_node& peer);
  void sweep_later();
  std::function<void(std::function<void()>)> later();

  peer_hub_setup setup_;
  peer_tls tls_;
  gateways relays_;
  std::unique_ptr<peer_listener> listener_;
  std::map<link_key, std::unique_ptr<calls_link>> links_;
  std::map<release_key, std::vector<usage>> uses_;
  std::uint64_t last_worker_ = 0;
  bool sweeping_ = false;
};

} // namespace serval
