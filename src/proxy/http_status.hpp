#pragma once

#include <string_view>

namespace serval {

/// The reason phrase of RFC 9110 for a status, or "Unknown".
std::string_view reason_phrase(int status) noexcept;

} // namespace serval
