#pragma once

#include "leader/leader_actor.hpp"

#include <caf/actor.hpp>

#include <functional>

namespace serval {

/// What one term of leading works with.
struct term_setup {
  leader_setup shared;
  serval::epoch epoch;
  /// Whether orders may be given at this moment; for the loop of the term.
  std::function<bool()> leads;
  /// Called once, when the applications of the store have their app_masters;
  /// they go on bringing up their workers. Or with the store's error.
  std::function<void(result<void>)> on_recovered;
};

/// Starts a term on `home`; it takes the messages of `leader_door_actor.hpp`.
/// When it is told to exit, its app_masters exit with it, and whoever still
/// waits is answered `unavailable`.
caf::actor spawn_term(caf::actor_system& system, loop* home, term_setup setup);

} // namespace serval
