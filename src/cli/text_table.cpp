#include "cli/text_table.hpp"

#include "base/assert.hpp"
#include "proxy/utf8.hpp"

#include <algorithm>

namespace serval {

namespace {

/// How many characters a terminal shows for UTF-8 text.
std::size_t width_of(std::string_view text) {
  auto begins_character = [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  };
  return static_cast<std::size_t>(
    std::ranges::count_if(text, begins_character));
}

} // namespace

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(rows.front().size());
    SERVAL_ASSERT(row.size() == widths.size());
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string printable(std::string_view text, bool keep_lines) {
  auto clean = to_utf8(text);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    auto& c = clean[i];
    if ((c >= '\0' && c < ' ' && !(keep_lines && c == '\n')) || c == '\x7f')
      c = '?';
    // U+0080 to U+009F, among them a CSI in a single character.
    else if (c == '\xc2' && static_cast<unsigned char>(clean[i + 1]) < 0xa0)
      clean.replace(i, 2, "?");
  }
  return clean;
}

} // namespace serval
