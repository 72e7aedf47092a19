#pragma once

#include <string>

namespace serval {

/// How a child process ended.
struct process_exit {
  bool by_signal = false;
  /// The signal's number, or the exit status.
  int number = 0;

  friend bool operator==(const process_exit&, const process_exit&) = default;
};

/// Whether the process did it itself: it crashed or left, and nobody outside,
/// such as an operator or a kernel without memory, ended it.
bool is_own_doing(const process_exit& how) noexcept;

/// "was killed by SIGSEGV" or "exited with 1": what a sentence about the
/// process goes on with.
std::string describe(const process_exit& how);

} // namespace serval
