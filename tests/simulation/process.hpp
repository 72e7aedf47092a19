#pragma once

#include "simulation/event_loop.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace serval::simulation {

/// A process of the simulated machine. What it has begun ends with it, and
/// while it is stopped (a signal, a frozen virtual machine) nothing of it
/// happens; that is made up for, in order, when it goes on.
class process {
public:
  using event = event_loop::event;

  explicit process(event_loop& loop)
    : loop_(loop), state_(std::make_shared<state>()) {
    // nop
  }

  process(const process&) = delete;
  process& operator=(const process&) = delete;

  ~process() {
    kill();
  }

  void after(duration wait, event what) {
    loop_.after(wait, [state = state_, what = std::move(what)]() mutable {
      if (state->alive && state->stopped)
        state->missed.push_back(std::move(what));
      else if (state->alive)
        what();
    });
  }

  void kill() noexcept {
    state_->alive = false;
    state_->missed.clear();
  }

  void stop() noexcept {
    state_->stopped = true;
  }

  void resume() {
    // An event may end the process, which ends this object.
    auto state = state_;
    state->stopped = false;
    state->resumed_at = loop_.now();
    for (auto& each : std::exchange(state->missed, {})) {
      if (state->alive && state->stopped)
        state->missed.push_back(std::move(each));
      else if (state->alive)
        each();
    }
  }

  bool alive() const noexcept {
    return state_->alive;
  }

  bool stopped() const noexcept {
    return state_->stopped;
  }

  /// When it last went on after a stop.
  time_point resumed_at() const noexcept {
    return state_->resumed_at;
  }

  event_loop& loop() const noexcept {
    return loop_;
  }

private:
  struct state {
    bool alive = true;
    bool stopped = false;
    time_point resumed_at = time_point::min();
    std::vector<event> missed;
  };

  event_loop& loop_;
  std::shared_ptr<state> state_;
};

/// Messages to a process that arrive in the order in which they are sent, each
/// after a delay of its own.
class channel {
public:
  channel(process& to, duration least, duration most)
    : to_(to), least_(least), most_(most) {
    // nop
  }

  void send(process::event what) {
    auto& loop = to_.loop();
    auto due = loop.now() + between(loop.random(), least_, most_);
    last_ = std::max(due, last_ + duration{1});
    to_.after(last_ - loop.now(), std::move(what));
  }

private:
  process& to_;
  duration least_;
  duration most_;
  time_point last_ = time_point::min() + std::chrono::hours{1};
};

} // namespace serval::simulation
