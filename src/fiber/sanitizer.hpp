#pragma once

#include "fiber/stack.hpp"

#if defined(__SANITIZE_ADDRESS__)
#  include <sanitizer/asan_interface.h>
#  include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#  include <sanitizer/tsan_interface.h>
#endif

namespace serval {

/// Tells the sanitizers about a fiber's switches, without which they report
/// each as a stack error or miss races. Empty in ordinary builds.
class sanitizer_fiber {
public:
  explicit sanitizer_fiber([[maybe_unused]] const stack& memory) {
#if defined(__SANITIZE_ADDRESS__)
    top_ = memory.top();
    bytes_ = memory.usable_bytes();
#endif
#if defined(__SANITIZE_THREAD__)
    inside_ = __tsan_create_fiber(0);
#endif
  }

  ~sanitizer_fiber() {
#if defined(__SANITIZE_ADDRESS__)
    // The next fiber on this stack must not inherit this one's red zones.
    __asan_unpoison_memory_region(static_cast<char*>(top_) - bytes_, bytes_);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_destroy_fiber(inside_);
#endif
  }

  /// Outside, before the switch into the fiber.
  void entering() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&outside_fake_stack_,
                                   static_cast<char*>(top_) - bytes_, bytes_);
#endif
#if defined(__SANITIZE_THREAD__)
    outside_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(inside_, 0);
#endif
  }

  /// Inside, after the very first switch into the fiber.
  void entered_first() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &outside_bottom_,
                                    &outside_bytes_);
#endif
  }

  /// Inside, after a later switch into the fiber.
  void entered() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(inside_fake_stack_, &outside_bottom_,
                                    &outside_bytes_);
#endif
  }

  /// Inside, before the switch out of the fiber.
  void leaving() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&inside_fake_stack_, outside_bottom_,
                                   outside_bytes_);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(outside_, 0);
#endif
  }

  /// Outside, after the switch out of the fiber.
  void left() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(outside_fake_stack_, nullptr, nullptr);
#endif
  }

private:
#if defined(__SANITIZE_ADDRESS__)
  void* top_ = nullptr;
  std::size_t bytes_ = 0;
  void* outside_fake_stack_ = nullptr;
  void* inside_fake_stack_ = nullptr;
  const void* outside_bottom_ = nullptr;
  std::size_t outside_bytes_ = 0;
#endif
#if defined(__SANITIZE_THREAD__)
  void* inside_ = nullptr;
  void* outside_ = nullptr;
#endif
};

} // namespace serval
