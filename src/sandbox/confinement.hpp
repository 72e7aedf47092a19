#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace serval {

/// What a worker process may do.
struct confinement {
  /// Whether it is in a sandbox at all; the memory limit holds either way.
  bool strict = true;
  /// Absolute paths that a strict process may read, with all that is below.
  std::vector<std::string> read;
  /// Private memory in bytes, beyond which allocations fail; 0 is unlimited.
  std::uint64_t memory_max_bytes = 0;

  friend bool operator==(const confinement&, const confinement&) = default;
};

/// Confines this process for good. What the kernel lacks is left out, see
/// `missing_protection`; anything else that goes wrong is an error, and then
/// the process must not run user code.
/// REQUIRES: the process has no other thread.
result<void> confine(const confinement& how);

/// What this kernel cannot protect from a strict process, a sentence each.
/// Empty if the sandbox is whole.
std::vector<std::string> missing_protection();

} // namespace serval
