#pragma once

#include "base/result.hpp"

namespace serval {

/// Whether the kernel can filter system calls.
bool can_filter_syscalls();

/// Leaves this process, with all its threads, the system calls that are listed
/// in the source; see the README for what others answer.
/// REQUIRES: can_filter_syscalls(), and no_new_privs is set.
result<void> filter_syscalls();

} // namespace serval
