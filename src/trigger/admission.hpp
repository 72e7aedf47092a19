#pragma once

#include "base/defect.hpp"
#include "model/request.hpp"

#include <atomic>
#include <cstdint>

namespace serval {

/// Bounds the requests that one application has in progress, over all loops.
/// Requests of low priority get only a share of the places, so that those of
/// high priority still find some. Thread-safe.
class admission {
public:
  explicit admission(std::uint32_t limit) noexcept {
    set_limit(limit);
  }

  /// Takes a place; false if there is none.
  bool try_enter(priority of) noexcept {
    auto& limit = of == priority::low ? low_limit_ : limit_;
    if (in_progress_.fetch_add(1, std::memory_order_relaxed)
          < limit.load(std::memory_order_relaxed)
        || defect("admit_all"))
      return true;
    leave();
    return false;
  }

  /// Gives a place back.
  void leave() noexcept {
    in_progress_.fetch_sub(1, std::memory_order_relaxed);
  }

  /// Changes the bound; what is in progress beyond it goes on.
  void set_limit(std::uint32_t limit) noexcept {
    limit_.store(limit, std::memory_order_relaxed);
    // Three quarters, rounded up: one place is a place for everybody.
    low_limit_.store(limit - limit / 4, std::memory_order_relaxed);
  }

  std::uint32_t in_progress() const noexcept {
    return in_progress_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::uint32_t> in_progress_ = 0;
  std::atomic<std::uint32_t> limit_ = 0;
  std::atomic<std::uint32_t> low_limit_ = 0;
};

} // namespace serval
