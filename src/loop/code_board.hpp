#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace serval {

/// Shows whose code has a loop at the moment. The loop writes, at the cost of a
/// store each time; whoever watches over it reads.
class code_board {
public:
  /// Names who may have the loop; 0 names nobody.
  using holder = std::uint32_t;

  /// What the board shows: a holder and the number of its turn, or 0.
  using view = std::uint64_t;

  struct name {
    std::string application;
    std::string backend;
  };

  holder add(name who) {
    std::lock_guard guard{mutex_};
    names_.emplace(++last_holder_, std::move(who));
    return last_holder_;
  }

  void remove(holder who) {
    std::lock_guard guard{mutex_};
    names_.erase(who);
  }

  /// Only on the loop.
  void begin(holder who) noexcept {
    view_.store(++turns_ << holder_bits | who, std::memory_order_relaxed);
  }

  void end() noexcept {
    view_.store(0, std::memory_order_relaxed);
  }

  view look() const noexcept {
    return view_.load(std::memory_order_relaxed);
  }

  /// Who that was; empty if it is no longer there.
  name name_of(view seen) const {
    std::lock_guard guard{mutex_};
    auto found = names_.find(static_cast<holder>(seen));
    return found == names_.end() ? name{} : found->second;
  }

private:
  static constexpr int holder_bits = 32;

  std::atomic<view> view_ = 0;
  std::uint64_t turns_ = 0;
  mutable std::mutex mutex_;
  std::map<holder, name> names_;
  holder last_holder_ = 0;
};

} // namespace serval
