#pragma once

#include "cluster/control_pipe.hpp"
#include "loop/loop.hpp"
#include "peer/peer_session.hpp"

#include <string>

namespace serval {

/// The first message on a link that is to be a control pipe.
std::string opening_for_control();

/// Makes control pipes of links that nodes opened for that: `events` hears from
/// them on `control`, whichever loops the links are on. Both outlive the links,
/// and `home` is the loop of a link.
std::unique_ptr<peer_session>
make_control_session(const link_hello& peer, peer_sender& link, loop& home,
                     loop& control, control_pipe_events& events);

} // namespace serval
