#pragma once

#include "base/result.hpp"

#include <string_view>

namespace serval {

/// Refuses texts on which toml++ would recurse without bound: it walks dotted
/// keys recursively, part by part. `name` stands for the text in messages.
result<void> prescan_toml(std::string_view text, std::string_view name);

} // namespace serval
