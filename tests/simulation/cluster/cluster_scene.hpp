#pragma once

#include "simulation/cluster/cluster_facts.hpp"
#include "simulation/cluster/cluster_knobs.hpp"
#include "simulation/promises/cluster_promise.hpp"
#include "simulation/scene.hpp"

namespace serval::simulation {

/// What everything in a world of many nodes shares.
struct cluster_scene
  : shared_scene<cluster_knobs, cluster_facts, cluster_promise> {
  explicit cluster_scene(std::uint64_t seed)
    : shared_scene(seed, draw_cluster_knobs(seed), all_cluster_promises()) {
    // nop
  }
};

} // namespace serval::simulation
