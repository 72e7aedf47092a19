#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace serval {

/// The character classes of RFC 9110 and RFC 9112. The C library's are not
/// used: they depend on the locale and take bytes above 0x7f as they please.

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) noexcept {
  if (is_digit(c))
    return c - '0';
  auto lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

inline constexpr auto token_chars = [] {
  std::array<bool, 256> result{};
  for (int i = 0; i < 256; ++i) {
    auto c = static_cast<char>(i);
    result[i] = is_digit(c) || is_alpha(c)
                || std::string_view{"!#$%&'*+-.^_`|~"}.find(c)
                     != std::string_view::npos;
  }
  return result;
}();

/// May stand in a method or a field name.
constexpr bool is_token_char(char c) noexcept {
  return token_chars[static_cast<unsigned char>(c)];
}

/// Printable ASCII without the space.
constexpr bool is_visible(char c) noexcept {
  return c > 0x20 && c < 0x7f;
}

/// May stand in a field value: a tab, a space, visible ASCII, and what RFC 9110
/// calls obs-text.
constexpr bool is_field_char(char c) noexcept {
  auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

constexpr bool all_visible(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), is_visible);
}

/// Compares ASCII text without regard to case, as field names are.
constexpr bool equal_ignoring_case(std::string_view a,
                                   std::string_view b) noexcept {
  return a.size() == b.size()
         && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
              return to_lower(x) == to_lower(y);
            });
}

/// `text` without the blanks around it.
constexpr std::string_view trim_blanks(std::string_view text) noexcept {
  auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  return text;
}

} // namespace serval
