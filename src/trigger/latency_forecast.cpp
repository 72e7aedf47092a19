#include "trigger/latency_forecast.hpp"

#include <algorithm>

namespace serval {

void latency_forecast::learn(duration queueing, duration took) noexcept {
  auto rest = std::max(took - queueing, duration::zero());
  if (!knows_) {
    knows_ = true;
    rest_ = rest;
    deviation_ = rest / 2;
    return;
  }
  auto error = rest - rest_;
  deviation_ += ((error < duration::zero() ? -error : error) - deviation_) / 4;
  rest_ += error / 8;
}

} // namespace serval
