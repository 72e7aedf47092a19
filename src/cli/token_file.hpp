#pragma once

#include "auth/token_table.hpp"
#include "base/result.hpp"

#include <string>

namespace serval {

/// Reads the token that a client shows, from a file that nobody else can read.
result<std::string> read_token_file(const std::string& path);

/// Adds a token to a node's file of tokens, which is made if it is not there
/// yet. Fails if the file, with the new line, would not be a valid one.
result<void> add_token(const std::string& path, const token_entry& entry);

} // namespace serval
