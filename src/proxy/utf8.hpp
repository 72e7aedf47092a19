#pragma once

#include <string>
#include <string_view>

namespace serval {

/// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates.
bool is_utf8(std::string_view text) noexcept;

/// `text` with every byte that is not part of well-formed UTF-8 replaced by
/// U+FFFD, so that it can stand in JSON.
std::string to_utf8(std::string_view text);

} // namespace serval
