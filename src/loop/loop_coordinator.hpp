#pragma once

#include "loop/loop.hpp"

#include <caf/fwd.hpp>

#include <memory>
#include <vector>

namespace serval {

/// Makes `config` build an actor system whose scheduler is `loops`: every actor
/// runs on one of them. Actors spawned without a home loop get one in turn. The
/// loops must outlive the actor system and must be started by the caller after
/// the system was built; the system's destructor stops them.
void run_actors_on(caf::actor_system_config& config,
                   const std::vector<std::unique_ptr<loop>>& loops);

} // namespace serval
