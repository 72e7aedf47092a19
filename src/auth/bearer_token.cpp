#include "auth/bearer_token.hpp"

#include <algorithm>
#include <array>

namespace serval {

namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_words(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// As RFC 6750 has it.
bool is_token_char(char c) noexcept {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z')
         || std::string_view{"-._~+/="}.find(c) != std::string_view::npos;
}

} // namespace

std::optional<std::string_view>
bearer_token(std::string_view authorization) noexcept {
  constexpr std::string_view scheme = "bearer";
  auto blank = authorization.find(' ');
  if (blank == std::string_view::npos
      || !equal_words(authorization.substr(0, blank), scheme))
    return std::nullopt;
  auto token = authorization.substr(blank);
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  if (token.empty() || !std::ranges::all_of(token, is_token_char))
    return std::nullopt;
  return token;
}

bool has_token(std::string_view query) noexcept {
  constexpr std::array<std::string_view, 4> names
    = {"access_token", "token", "authorization", "bearer"};
  while (!query.empty()) {
    auto end = std::min(query.find('&'), query.size());
    auto name = query.substr(0, std::min(query.find('='), end));
    for (auto each : names)
      if (equal_words(name, each))
        return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

} // namespace serval
