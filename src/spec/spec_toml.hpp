#pragma once

#include "base/result.hpp"
#include "model/app_spec.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Reads an application spec from TOML, with `overrides` such as
/// "backend.bank.workers=3" on top. All problems are in one error, a line each,
/// with file, line and column. `name` is the file's, for messages.
result<app_spec> parse_spec_toml(std::string_view text, std::string_view name,
                                 const std::vector<std::string>& overrides);

/// The same from a file.
result<app_spec> read_spec_file(const std::string& path,
                                const std::vector<std::string>& overrides);

} // namespace serval
