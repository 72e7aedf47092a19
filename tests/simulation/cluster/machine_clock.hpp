#pragma once

#include "simulation/event_loop.hpp"

#include <algorithm>

namespace serval::simulation {

/// A machine's own clock: ahead or behind, and faster or slower than the true
/// time, and never going back.
class machine_clock {
public:
  machine_clock(const event_loop& loop, duration ahead, double rate)
    : loop_(loop), begun_(loop.now()), shown_(begun_ + ahead), rate_(rate) {
    // nop
  }

  time_point now() const {
    return shown_ + scaled(loop_.now() - begun_, rate_);
  }

  /// The true time until it shows `due`. It is never early: that would be a
  /// timer that finds nothing to do.
  duration until(time_point due) const {
    auto left = due - now();
    if (left <= duration{})
      return duration{};
    return scaled(left, 1 / rate_) + duration{1};
  }

  void set_rate(double rate) {
    shown_ = now();
    begun_ = loop_.now();
    rate_ = rate;
  }

  /// How long `span` of its time truly is.
  duration true_span(duration span) const {
    return scaled(span, 1 / rate_);
  }

private:
  static duration scaled(duration span, double by) {
    return duration{
      static_cast<std::int64_t>(static_cast<double>(span.count()) * by)};
  }

  const event_loop& loop_;
  time_point begun_;
  time_point shown_;
  double rate_;
};

} // namespace serval::simulation
