#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// What user code under a strict sandbox may know of the daemon's environment:
/// the language, the time zone, where programs and temporary files are, and
/// what the makers of the program need to look into it. An operator's secrets
/// often are in the rest. `from` is a list such as `environ`.
std::vector<std::string> strict_environment(const char* const* from);

} // namespace serval
