#pragma once

namespace serval {

/// Reports a broken assumption of the program itself and ends the process.
/// Operating errors are values (`result`); only bugs end here.
[[noreturn]] void assertion_failed(const char* condition, const char* file,
                                   int line) noexcept;

} // namespace serval

/// Checks an assumption in every build. The journal makes a restart safe; going
/// on with a broken assumption is not.
#define SERVAL_ASSERT(condition)                                               \
  ((condition) ? static_cast<void>(0)                                          \
               : ::serval::assertion_failed(#condition, __FILE__, __LINE__))
