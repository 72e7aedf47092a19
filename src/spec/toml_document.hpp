#pragma once

#include "spec/document.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace serval {

/// Reads a TOML document. `name` is the file's, for messages. Refused beside
/// what is no TOML: more than 64 KiB, keys of more than 16 parts, brackets or
/// values nested deeply, dates, and numbers that are not finite.
result<doc_value> parse_toml_document(std::string_view text,
                                      std::string_view name);

/// Reads a regular file as a TOML document.
result<doc_value> read_toml_file(const std::string& path);

/// Reads `text` as a single TOML value; nothing if it is none.
std::optional<doc_value> parse_toml_value(std::string_view text);

} // namespace serval
