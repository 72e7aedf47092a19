#pragma once

#include "base/defect.hpp"

#include <cstddef>
#include <cstdint>

namespace serval {

/// The life of a worker's body, as its actor follows it:
///
///   starting → serving → draining → stopping → over
///
/// A body may end by itself at any point, which leads to `over` at once. A stop
/// that comes before `serving` skips `draining`.
class body_life {
public:
  enum class state : std::uint8_t {
    starting, ///< The body makes the user's instance.
    serving,
    draining, ///< No new calls, by agreement with the dispatchers.
    stopping, ///< The body was told to end.
    over,
  };

  /// What the actor has to do next.
  enum class action : std::uint8_t {
    nothing,
    announce,     ///< Tell the dispatchers that the worker is up.
    ask_to_drain, ///< Tell the dispatchers to send no more.
    stop_body,
  };

  explicit body_life(std::size_t dispatchers) : dispatchers_(dispatchers) {
    // nop
  }

  state now_in() const noexcept {
    return state_;
  }

  /// Whether the dispatchers know of the worker.
  bool announced() const noexcept {
    return announced_;
  }

  bool takes_calls() const noexcept {
    return state_ == state::serving || state_ == state::draining;
  }

  action on_ready() noexcept {
    if (state_ != state::starting)
      return action::nothing;
    state_ = state::serving;
    announced_ = true;
    return action::announce;
  }

  action on_stop() noexcept {
    switch (state_) {
      case state::starting:
        state_ = state::stopping;
        return action::stop_body;
      case state::serving:
        state_ = state::draining;
        unacknowledged_ = dispatchers_;
        if (defect("stop_without_drain")) {
          state_ = state::stopping;
          return action::stop_body;
        }
        return action::ask_to_drain;
      default:
        return action::nothing;
    }
  }

  action on_drain_acknowledged(std::size_t calls_in_hand) noexcept {
    if (unacknowledged_ > 0)
      --unacknowledged_;
    return on_calls_in_hand(calls_in_hand);
  }

  /// Some calls have ended; so many are left.
  action on_calls_in_hand(std::size_t calls) noexcept {
    if (state_ != state::draining || unacknowledged_ > 0 || calls > 0)
      return action::nothing;
    state_ = state::stopping;
    return action::stop_body;
  }

  /// The time to drain is over.
  action on_drain_deadline() noexcept {
    if (state_ != state::draining)
      return action::nothing;
    state_ = state::stopping;
    return action::stop_body;
  }

  /// The body is over, by itself or because it was told to.
  void on_ended() noexcept {
    state_ = state::over;
  }

private:
  std::size_t dispatchers_;
  std::size_t unacknowledged_ = 0;
  bool announced_ = false;
  state state_ = state::starting;
};

} // namespace serval
