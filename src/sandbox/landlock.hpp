#pragma once

#include "base/result.hpp"

#include <string>
#include <vector>

namespace serval {

/// The version of Landlock's interface that the kernel speaks; 0 if none.
int landlock_version();

/// Lets this thread and those that it starts read the system's files and what
/// is at and below `paths`, write nothing, and neither listen nor connect by
/// TCP where the kernel can forbid it. A path that does not exist is an error.
/// REQUIRES: landlock_version() > 0, and no_new_privs is set.
result<void> restrict_files(const std::vector<std::string>& paths);

} // namespace serval
