#pragma once

#include "base/time.hpp"

#include <boost/intrusive/set.hpp>

#include <optional>

namespace serval {

/// Something that wants to be woken at a point in time. It is a node of the
/// queue itself, so that arming and cancelling a time-out allocate nothing:
/// each request does both. Not copied or moved; cancels itself when destroyed.
class timer : public boost::intrusive::set_base_hook<
                boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  virtual ~timer() = default;

  bool armed() const noexcept {
    return is_linked();
  }

  time_point due() const noexcept {
    return due_;
  }

  /// Takes the timer out of its queue. No effect if it is in none.
  void cancel() noexcept {
    unlink();
  }

  /// Called once per arming, on the loop, with the timer already disarmed.
  virtual void on_timer(time_point now) = 0;

  friend bool operator<(const timer& a, const timer& b) noexcept {
    return a.due_ < b.due_;
  }

private:
  friend class timer_queue;

  time_point due_;
};

/// The armed timers of one loop, earliest first. An ordered tree rather than a
/// wheel: only requests in progress have one, so it stays small, and it has no
/// tick that would round a sleep of one millisecond up.
class timer_queue {
public:
  /// Arms `what`, or moves it if it is armed already.
  void arm(timer& what, time_point due) {
    what.cancel();
    what.due_ = due;
    timers_.insert(what);
  }

  /// When the next timer is due.
  std::optional<time_point> next() const {
    if (timers_.empty())
      return std::nullopt;
    return timers_.begin()->due();
  }

  /// Fires all timers due at `now`. A timer that is armed for `now` or earlier
  /// from within `on_timer` waits for the next call.
  void fire(time_point now);

private:
  using set_type
    = boost::intrusive::multiset<timer,
                                 boost::intrusive::constant_time_size<false>>;

  set_type timers_;
};

} // namespace serval
