#pragma once

#include "model/life_cycle.hpp"

#include <cstdint>
#include <string_view>

namespace serval {

/// How a backend of one release does. What each means and what follows is in
/// the table, which docs/states.md shows.
enum class backend_state : std::uint8_t {
  updating,
  upscaling,
  downscaling,
  healthy,
  unhealthy,
  deploy_failed,
};

inline constexpr int backend_state_count
  = static_cast<int>(backend_state::deploy_failed) + 1;

/// What an app_master finds when it looks at a backend's workers. It looks each
/// turn, so that an event that changes nothing is the rule.
enum class backend_event : std::uint8_t {
  all_ready,
  workers_leaving,
  workers_missing,
  worker_failing,
  start_failing,
  given_up,
};

using backend_life_cycle = life_cycle<backend_state, backend_event>;

const backend_life_cycle& backend_cycle() noexcept;

std::string_view to_string(backend_state state) noexcept;

/// What follows when `event` happens in `state`. Total.
backend_state advance(backend_state state, backend_event event) noexcept;

} // namespace serval
