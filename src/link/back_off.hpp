#pragma once

#include "base/random.hpp"
#include "base/time.hpp"

#include <algorithm>

namespace serval {

/// Pauses between attempts: doubling from a minimum up to a maximum, each drawn
/// from the upper half of its range. Pure.
class back_off {
public:
  back_off(duration least, duration most, std::uint64_t seed) noexcept
    : least_(least), most_(most), next_(least), random_(seed) {
    // nop
  }

  /// The pause after another failure.
  duration failed() noexcept {
    auto range = next_;
    next_ = std::min(most_, next_ * 2);
    auto half = range / 2;
    return half
           + duration{static_cast<duration::rep>(
             random_.unit() * static_cast<double>(half.count()))};
  }

  /// An attempt succeeded; the next pause is short again.
  void succeeded() noexcept {
    next_ = least_;
  }

private:
  duration least_;
  duration most_;
  duration next_;
  random_source random_;
};

} // namespace serval
