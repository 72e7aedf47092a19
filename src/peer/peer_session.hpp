#pragma once

#include "peer/peer_sender.hpp"

#include <functional>
#include <memory>

namespace serval {

/// What a link that a peer has dialed is used for. It lives as long as the
/// link, on the link's loop.
class peer_session {
public:
  virtual ~peer_session() = default;

  /// The bytes are lent until the function returns.
  virtual void on_message(traffic_class traffic, bytes_view message) = 0;
};

/// Makes the session of a link on which `peer` has said what it is for. `link`
/// outlives the session. On the link's loop.
using session_factory = std::function<std::unique_ptr<peer_session>(
  const link_hello& peer, peer_sender& link)>;

} // namespace serval
