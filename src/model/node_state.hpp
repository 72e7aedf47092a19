#pragma once

#include "model/life_cycle.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace serval {

/// Where a node stands, as the leader knows it. What each means and what
/// follows is in the table, which docs/states.md shows.
enum class node_state : std::uint8_t {
  joining,
  ready,
  suspect,
  lost,
  draining,
  drained,
};

enum class node_event : std::uint8_t {
  joined,
  levelled,
  link_lost,
  overdue,
  drain_asked,
  emptied,
  undrain_asked,
};

using node_life_cycle = life_cycle<node_state, node_event>;

const node_life_cycle& node_cycle() noexcept;

std::string_view to_string(node_state state) noexcept;

/// What follows when `event` happens in `state`; empty where it cannot happen
/// and is ignored. Total.
std::optional<node_state> advance(node_state state, node_event event) noexcept;

/// Whether orders can reach the node.
constexpr bool is_reachable(node_state state) noexcept {
  return state != node_state::suspect && state != node_state::lost;
}

/// Whether workers may be placed there.
constexpr bool takes_workers(node_state state) noexcept {
  return state == node_state::ready;
}

} // namespace serval
