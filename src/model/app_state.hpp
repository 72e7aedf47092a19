#pragma once

#include "model/life_cycle.hpp"

#include <cstdint>
#include <string_view>

namespace serval {

/// How an application does, as the operator sees it. What each means and what
/// follows is in the table, which docs/states.md shows.
enum class app_state : std::uint8_t {
  not_started,
  deploying,
  running,
  unhealthy,
  deploy_failed,
  deleting,
};

inline constexpr int app_state_count
  = static_cast<int>(app_state::deleting) + 1;

/// What an app_master finds when it looks at the journal and at the backends.
/// It looks each turn, so that an event that changes nothing is the rule.
enum class app_event : std::uint8_t {
  release_coming,
  release_failed,
  backends_healthy,
  backends_changing,
  backend_unhealthy,
  deleted,
  nothing_left,
};

using app_life_cycle = life_cycle<app_state, app_event>;

const app_life_cycle& app_cycle() noexcept;

std::string_view to_string(app_state state) noexcept;

/// What follows when `event` happens in `state`. Total.
app_state advance(app_state state, app_event event) noexcept;

} // namespace serval
