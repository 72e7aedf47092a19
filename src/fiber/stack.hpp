#pragma once

#include <cstddef>
#include <vector>

namespace serval {

/// A stack with an unmapped page below it, so that an overflow ends the process
/// at once instead of writing into a neighbour. `top` is its high end.
struct stack {
  void* base = nullptr; ///< Low end of the mapping, where the guard page is.
  std::size_t mapped_bytes = 0;

  void* top() const noexcept {
    return static_cast<char*>(base) + mapped_bytes;
  }

  /// Bytes between the guard page and the top.
  std::size_t usable_bytes() const noexcept;
};

/// Keeps stacks of one size for reuse: mapping one costs more than running a
/// short call on it. Not thread-safe; one per executor.
class stack_pool {
public:
  /// Idle stacks beyond this number are unmapped.
  static constexpr std::size_t idle_max = 256;

  /// `usable_bytes` is rounded up to whole pages.
  explicit stack_pool(std::size_t usable_bytes);

  stack_pool(const stack_pool&) = delete;
  stack_pool& operator=(const stack_pool&) = delete;

  ~stack_pool();

  /// Throws `std::bad_alloc` if the kernel gives no more memory.
  stack take();

  void give_back(stack used);

private:
  std::size_t mapped_bytes_;
  std::vector<stack> idle_;
};

} // namespace serval
