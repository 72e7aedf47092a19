#pragma once

#include "leader/control_plane.hpp"

#include <functional>
#include <string>

namespace serval {

/// The door to this node's leader: what the control API can ask, and what the
/// node itself can.
class leader_door : public control_plane {
public:
  /// Leads no more, and does not ask for the lease until `resume`. Commands are
  /// answered `reason` meanwhile, workers serve on. Calls `done`, on some
  /// thread, once the lease is given back.
  virtual void rest(std::string reason, std::function<void()> done) = 0;

  /// Leads again once it has the lease.
  virtual void resume() = 0;
};

} // namespace serval
