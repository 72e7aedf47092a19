#pragma once

#include "base/result.hpp"
#include "load/run_result.hpp"

#include <string>
#include <string_view>

namespace serval {

/// A run's result as JSON, for programs and for `parse_result`. Times are
/// microseconds unless their names end otherwise.
std::string write_result(const run_result& run);

/// Reads what `write_result` wrote. `name` is for messages.
result<run_result> parse_result(std::string_view name, std::string_view json);

} // namespace serval
