#pragma once

#include "spec/document.hpp"

namespace serval {

/// Reads one JSON value strictly: nothing but white space around it, no
/// duplicate keys, no null, no number beyond 64 bits or a double's range, and
/// at most 32 levels deep. `name` stands for the text in messages.
result<doc_value> parse_json_document(std::string_view text,
                                      std::string_view name);

/// As above, for a value that must be an object.
result<doc_value> parse_json_object(std::string_view text,
                                    std::string_view name);

/// A value as JSON text without white space, tables in the order of their
/// keys. Equal values have equal texts.
std::string to_json_text(const doc_value& value);

} // namespace serval
