#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Rows as lines of aligned columns, two blanks apart, the last column ragged.
/// Every row has as many cells as the first one, which is the heading.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

/// `text` with every control character replaced by "?" and every byte that is
/// no UTF-8 by U+FFFD, so that what users named or wrote cannot steer a
/// terminal. Line ends may be kept.
std::string printable(std::string_view text, bool keep_lines = false);

} // namespace serval
