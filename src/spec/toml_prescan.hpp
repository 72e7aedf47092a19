#pragma once

#include "base/result.hpp"

#include <string_view>

namespace serval {

/// Refuses texts on which toml++ would recurse without bound (it walks dotted
/// keys recursively, part by part), and those with characters beyond ASCII in
/// places for which it has no defined behaviour. `name` stands for the text in
/// messages.
result<void> prescan_toml(std::string_view text, std::string_view name);

} // namespace serval
