#pragma once

#include <atomic>
#include <cstdint>

namespace serval {

/// Bounds the requests that one application has in progress, over all loops.
/// Thread-safe.
class admission {
public:
  explicit admission(std::uint32_t limit) noexcept : limit_(limit) {
    // nop
  }

  /// Takes a place; false if there is none.
  bool try_enter() noexcept {
    if (in_progress_.fetch_add(1, std::memory_order_relaxed)
        < limit_.load(std::memory_order_relaxed))
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
  }

  std::uint32_t in_progress() const noexcept {
    return in_progress_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::uint32_t> in_progress_ = 0;
  std::atomic<std::uint32_t> limit_;
};

} // namespace serval
