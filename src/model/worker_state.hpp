#pragma once

#include "model/life_cycle.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace serval {

/// Where a worker's slot stands, as its app_master knows it. What each means
/// and what follows is in the table, which docs/states.md shows.
enum class worker_state : std::uint8_t {
  starting,
  queued,
  ready,
  outgrown,
  unhealthy,
  retiring,
  draining,
  stopping,
  replacing,
  backing_off,
  stopped,
};

inline constexpr int worker_state_count
  = static_cast<int>(worker_state::stopped) + 1;

enum class worker_event : std::uint8_t {
  delayed,
  begun,
  became_ready,
  failed,
  died,
  gone,
  health_failed,
  outgrew,
  unwanted,
  traffic_gone,
  overdue,
  back_off_over,
};

inline constexpr int worker_event_count
  = static_cast<int>(worker_event::back_off_over) + 1;

using worker_life_cycle = life_cycle<worker_state, worker_event>;

const worker_life_cycle& worker_cycle() noexcept;

std::string_view to_string(worker_state state) noexcept;

std::string_view to_string(worker_event event) noexcept;

/// What follows when `event` happens in `state`; the same state where the event
/// changes nothing. Empty where the event cannot happen, which an app_master
/// ignores. Total: it answers for every pair.
std::optional<worker_state> advance(worker_state state,
                                    worker_event event) noexcept;

/// Whether a body (inline code or a process) may exist on the node, so that the
/// slot must not be forgotten.
constexpr bool may_have_body(worker_state state) noexcept {
  return state != worker_state::backing_off && state != worker_state::stopped;
}

/// Whether dispatchers may give calls to it.
constexpr bool serves(worker_state state) noexcept {
  return state == worker_state::ready || state == worker_state::outgrown;
}

/// Whether the slot counts towards what its backend was asked to have.
constexpr bool is_wanted(worker_state state) noexcept {
  return state == worker_state::starting || state == worker_state::queued
         || state == worker_state::ready || state == worker_state::unhealthy
         || state == worker_state::replacing
         || state == worker_state::backing_off;
}

} // namespace serval
