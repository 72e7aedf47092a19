#pragma once

#include <string_view>

namespace serval {

/// `openapi.json`, which describes the control API to programs.
std::string_view openapi_json() noexcept;

} // namespace serval
