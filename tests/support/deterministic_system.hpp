#pragma once

#include "base/time.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <deque>
#include <functional>

namespace serval {

/// An actor system that does nothing by itself: one message at a time, on the
/// caller's thread, under a clock that stands still until it is moved. Blocking
/// work waits in a queue that stands for the pool.
class deterministic_system {
public:
  deterministic_system() : system_(configure(config_)) {
    // nop
  }

  /// Whoever spawned actors has told them to exit by now; CAF waits for them.
  ~deterministic_system() {
    while (step()) {
      // nop
    }
  }

  caf::actor_system& system() noexcept {
    return system_;
  }

  /// Handles one message; whether there was one.
  bool step() {
    return coordinator().try_run_once();
  }

  /// What actors are given in place of a pool.
  std::function<void(std::function<void()>)> run_blocking() {
    return [this](std::function<void()> job) {
      blocking_.push_back(std::move(job));
    };
  }

  /// Does one blocking job; whether there was one.
  bool step_blocking() {
    if (blocking_.empty())
      return false;
    auto job = std::move(blocking_.front());
    blocking_.pop_front();
    job();
    return true;
  }

  /// Handles messages and blocking jobs until there is none.
  void settle() {
    while (step() || step_blocking()) {
      // nop
    }
  }

  /// Lets time pass in small steps, with all that it wakes.
  void pass(duration span, duration grain = std::chrono::milliseconds{100}) {
    settle();
    for (auto left = span; left > duration::zero(); left -= grain) {
      coordinator().advance_time(std::min(left, grain));
      settle();
    }
  }

  time_point now() {
    return system_.clock().now();
  }

private:
  static caf::actor_system_config&
  configure(caf::actor_system_config& config) {
    config.set("scheduler.policy", caf::atom("testing"));
    return config;
  }

  caf::scheduler::test_coordinator& coordinator() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(
      system_.scheduler());
  }

  caf::actor_system_config config_;
  std::deque<std::function<void()>> blocking_;
  caf::actor_system system_;
};

} // namespace serval
