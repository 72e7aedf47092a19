#pragma once

#include "fiber/stack.hpp"

#include <memory>

namespace serval {

/// A thread of execution within a thread, on a stack of its own. It runs only
/// inside `run`, until it suspends itself or its entry function returns; it
/// never changes threads. A finished fiber can be started again and keeps its
/// stack, which is warm by then.
class fiber {
public:
  using entry_function = void (*)(void* argument) noexcept;

  /// Takes a stack from `stacks`, which must outlive the fiber.
  explicit fiber(stack_pool& stacks);

  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;

  /// REQUIRES: the fiber is not between `start` and the return of its entry
  /// function; what is on its stack could not be unwound.
  ~fiber();

  /// Sets what the next `run` executes. REQUIRES: idle().
  void start(entry_function entry, void* argument);

  /// Whether the entry function has returned, or none was given yet.
  bool idle() const noexcept;

  /// Runs the fiber until it suspends or ends. Not from within a fiber.
  void run();

  /// Leaves the fiber and returns from its `run`. Only from within it.
  void suspend();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serval
