#pragma once

#include <cstdint>

namespace serval {

/// Bytes of this process that are in memory; 0 if the kernel does not say.
std::uint64_t resident_memory() noexcept;

} // namespace serval
