#pragma once

#include "base/time.hpp"
#include "model/request.hpp"

#include <atomic>
#include <cstddef>
#include <vector>

namespace serval {

/// How long requests to one release queue for its workers, as the dispatchers
/// of all loops see it. Each writes its own place and anybody reads: the layers
/// of a request may be on other loops than the request itself.
class queue_board {
public:
  explicit queue_board(std::size_t loops) : places_(loops) {
    // nop
  }

  void set(std::size_t loop, duration high, duration low) noexcept {
    places_[loop].high.store(high.count(), std::memory_order_relaxed);
    places_[loop].low.store(low.count(), std::memory_order_relaxed);
  }

  /// Of all loops together: they share the workers.
  duration queueing(priority of) const noexcept {
    duration::rep sum = 0;
    for (auto& each : places_)
      sum += (of == priority::low ? each.low : each.high)
               .load(std::memory_order_relaxed);
    return duration{sum};
  }

private:
  /// A cache line each, so that loops do not take it from one another.
  struct alignas(64) place {
    std::atomic<duration::rep> high = 0;
    std::atomic<duration::rep> low = 0;
  };

  std::vector<place> places_;
};

} // namespace serval
