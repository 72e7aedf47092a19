#pragma once

#include "base/time.hpp"

namespace serval {

/// Foretells whether a request can be answered in its time, from how long it
/// will queue and from what those before it took beyond their queueing. A
/// request without a chance is better refused at once: it would only take the
/// time of those that have one.
class latency_forecast {
public:
  /// How long a request is expected to take that queues for so long.
  duration expected(duration queueing) const noexcept {
    return queueing + rest_ + 2 * deviation_;
  }

  /// Whether there is a chance. A short queue is no reason to refuse anybody,
  /// whatever was seen before: so no misjudgement lasts.
  bool in_time(duration queueing, duration remaining) const noexcept {
    return queueing <= remaining / 16 || expected(queueing) <= remaining;
  }

  /// A request that was expected to queue for so long took `took`, answered or
  /// out of time.
  void learn(duration queueing, duration took) noexcept;

private:
  /// Smoothed, with the gains that TCP uses for round-trip times (RFC 6298).
  duration rest_{};
  duration deviation_{};
  bool knows_ = false;
};

} // namespace serval
