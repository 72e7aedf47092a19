#pragma once

#include <stdexcept>

namespace serval {

/// A broken assumption, where `assertions_throw` says so.
class broken_assumption : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

/// While one lives, a broken assumption on this thread throws instead of ending
/// the process: for work whose whole state is thrown away then, because it can
/// be had again from where it came from.
class assertions_throw {
public:
  assertions_throw() noexcept;

  ~assertions_throw();

  assertions_throw(const assertions_throw&) = delete;
  assertions_throw& operator=(const assertions_throw&) = delete;

private:
  bool before_;
};

/// Reports a broken assumption of the program itself and ends the process.
/// Operating errors are values (`result`); only bugs end here.
[[noreturn]] void assertion_failed(const char* condition, const char* file,
                                   int line);

} // namespace serval

/// Checks an assumption in every build. The journal makes a restart safe; going
/// on with a broken assumption is not.
#define SERVAL_ASSERT(condition)                                               \
  ((condition) ? static_cast<void>(0)                                          \
               : ::serval::assertion_failed(#condition, __FILE__, __LINE__))
