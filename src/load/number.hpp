#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

namespace serval {

/// The finite number that the whole of `text` is.
inline std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  auto [stop, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc{} || stop != end || !std::isfinite(value))
    return {};
  return value;
}

} // namespace serval
