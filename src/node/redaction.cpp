#include "node/redaction.hpp"

#include <algorithm>
#include <utility>

namespace serval {

namespace {

constexpr std::string_view replacement = "[redacted]";

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name_char(char c) noexcept {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9')
         || c == '_' || c == '-';
}

std::size_t skip(std::string_view text, std::size_t at,
                 std::string_view what) noexcept {
  return std::min(text.find_first_not_of(what, at), text.size());
}

/// Where a value begins that follows a name which ends at `at`; 0 if none does.
/// Backslashes are quotes within quoted text.
std::size_t begin_of_value(std::string_view text, std::size_t at,
                           char& separator) noexcept {
  at = skip(text, at, "\\\"' \t");
  if (at == text.size() || (text[at] != '=' && text[at] != ':'))
    return 0;
  separator = text[at];
  return skip(text, at + 1, " \t");
}

std::size_t end_of_value(std::string_view text, std::size_t at,
                         char separator) noexcept {
  auto quote = skip(text, at, "\\");
  if (quote < text.size() && (text[quote] == '"' || text[quote] == '\'')) {
    auto end = text.find(text[quote], quote + 1);
    return end == std::string_view::npos ? text.size() : end + 1;
  }
  // A header field's value may have blanks, as in "Bearer abc".
  std::string_view ends = "\r\n,;)]}\"'&\t ";
  if (separator == ':')
    ends.remove_suffix(3);
  return std::min(text.find_first_of(ends, at), text.size());
}

} // namespace

redaction::redaction(std::vector<std::string> names)
  : names_(std::move(names)) {
  for (auto& name : names_)
    std::ranges::transform(name, name.begin(), lower);
}

/// The length of the name that `text` begins with; 0 if it is none.
std::size_t redaction::name_at(std::string_view text) const noexcept {
  for (const auto& name : names_) {
    auto begins = text.size() >= name.size()
                  && std::ranges::equal(text.substr(0, name.size()), name, {},
                                        lower);
    if (begins
        && (text.size() == name.size() || !is_name_char(text[name.size()])))
      return name.size();
  }
  return 0;
}

std::string redaction::apply(std::string_view text) const {
  std::string safe;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at > 0 && is_name_char(text[at - 1]))
      continue;
    auto size = name_at(text.substr(at));
    char separator = 0;
    auto begin = size == 0 ? 0 : begin_of_value(text, at + size, separator);
    if (begin == 0)
      continue;
    auto end = end_of_value(text, begin, separator);
    safe += text.substr(done, begin - done);
    if (end > begin)
      safe += replacement;
    done = end;
    at = std::max(at, end) - (end > at ? 1 : 0);
  }
  safe += text.substr(done);
  return safe;
}

} // namespace serval
