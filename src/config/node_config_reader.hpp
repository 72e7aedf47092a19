#pragma once

#include "base/result.hpp"
#include "config/node_config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Reads a node's configuration from TOML, with `overrides` such as
/// "http.listen=127.0.0.1:0" on top. Checks all of it and tells all problems in
/// one error, a line each, with file, line and column. `name` is the file's.
result<node_config> parse_node_config(
  std::string_view text, std::string_view name,
  const std::vector<std::string>& overrides);

/// The same from a file.
result<node_config> read_node_config(
  const std::string& path, const std::vector<std::string>& overrides);

/// One line for each field: "section.key = default", as TOML writes it.
std::vector<std::string> describe_defaults();

} // namespace serval
