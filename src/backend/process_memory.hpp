#pragma once

#include <sys/types.h>

#include <cstdint>

namespace serval {

/// Resident bytes of a process as the kernel counts them, shared ones included;
/// 0 if there is none. Does not block.
std::uint64_t resident_bytes(pid_t process);

} // namespace serval
