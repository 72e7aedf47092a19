#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace serval {

/// The body that `--data` stands for: "@FILE" is the file's bytes, "-" those of
/// standard input, anything else itself.
result<std::string> read_call_data(const std::string& data);

/// The media type of a body, by its first character.
std::string_view guess_content_type(std::string_view body) noexcept;

} // namespace serval
