#pragma once

#include "loop/loop.hpp"

#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <utility>

namespace serval {

/// Gives an actor a home loop for life: whoever wakes it, its turns run there.
/// Without a home (under CAF's test coordinator) it behaves as CAF's own.
template <class Base>
class at_home : public Base {
public:
  template <class... Ts>
  explicit at_home(caf::actor_config& config, Ts&&... xs)
    : Base(config, std::forward<Ts>(xs)...),
      home_(dynamic_cast<loop*>(config.host)) {
    // nop
  }

  /// The loop this actor lives on, or null under test.
  loop* home() const noexcept {
    return home_;
  }

  using Base::enqueue;

  void enqueue(caf::mailbox_element_ptr what,
               caf::execution_unit* host) override {
    Base::enqueue(std::move(what), home_ ? home_ : host);
  }

private:
  loop* home_;
};

/// The base class of our actors.
using loop_actor = at_home<caf::event_based_actor>;

/// Spawns an actor of class `Actor` whose home is `home`; null means wherever
/// the scheduler puts it.
template <class Actor, class... Ts>
caf::actor spawn_at(caf::actor_system& system, loop* home, Ts&&... xs) {
  caf::actor_config config{home};
  return system.spawn_class<Actor, caf::no_spawn_options>(
    config, std::forward<Ts>(xs)...);
}

} // namespace serval
