#include "proxy/utf8.hpp"

#include <cstddef>

namespace serval {

namespace {

bool is_continuation(unsigned char byte) noexcept {
  return (byte & 0xc0) == 0x80;
}

/// The length of the sequence at the front of `text`, or 0 if it is none. The
/// second byte's range is what tells overlong forms, surrogates and numbers
/// beyond U+10FFFF (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) noexcept {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto first = at(0);
  if (first < 0x80)
    return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    low = first == 0xe0 ? 0xa0 : 0x80;
    high = first == 0xed ? 0x9f : 0xbf;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    low = first == 0xf0 ? 0x90 : 0x80;
    high = first == 0xf4 ? 0x8f : 0xbf;
  }
  if (length == 0 || text.size() < length || at(1) < low || at(1) > high)
    return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (!is_continuation(at(i)))
      return 0;
  return length;
}

} // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    auto length = sequence_length(text);
    if (length == 0)
      return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  if (is_utf8(text))
    return std::string{text};
  std::string result;
  while (!text.empty()) {
    auto length = sequence_length(text);
    if (length == 0)
      result += "\xef\xbf\xbd";
    else
      result += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

} // namespace serval
