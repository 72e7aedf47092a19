#pragma once

#include "simulation/scene.hpp"

namespace serval::simulation {

/// The way between one client and the daemon: messages are late, lost or come
/// twice, and now and then none comes through, in one direction or both.
class network {
public:
  enum class direction { there, back };

  explicit network(scene& in) : in_(in) {
    begin_partition_later();
  }

  /// Delivers `what`, if nothing is in the way: not at all, once, or twice.
  void send(direction which, std::function<void()> what) {
    if (!in_.calm && blocked_[which == direction::back])
      return;
    auto copies = 1;
    if (in_.fails(in_.how.network.loss))
      copies = 0;
    else if (in_.fails(in_.how.network.duplication))
      copies = 2;
    for (; copies > 0; --copies)
      in_.loop.after(delay(), what);
  }

private:
  duration delay() {
    using namespace std::chrono_literals;
    return between(in_.random(), 20us,
                   in_.calm ? 1ms : 20us + in_.how.network.delay_max);
  }

  void begin_partition_later() {
    if (in_.how.network.partition_every == duration{})
      return;
    auto wait = wait_for(in_.random(), in_.how.network.partition_every);
    in_.loop.after(wait, [this] {
      auto which = in_.random().below(3);
      blocked_[0] = which != 1;
      blocked_[1] = which != 0;
      auto span = between(in_.random(), duration{},
                          in_.how.network.partition_max);
      in_.loop.after(span, [this] {
        blocked_[0] = blocked_[1] = false;
        begin_partition_later();
      });
    });
  }

  scene& in_;
  bool blocked_[2] = {false, false};
};

} // namespace serval::simulation
