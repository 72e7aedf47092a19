#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace serval {

/// Borrowed encoded bytes. Whoever lends them says how long they live.
using bytes_view = std::span<const std::byte>;

/// No message is longer than this, whatever a link allows.
inline constexpr std::size_t encoded_bytes_max = std::size_t{1} << 30;

inline bytes_view as_bytes_view(std::string_view text) noexcept {
  return std::as_bytes(std::span{text.data(), text.size()});
}

inline std::string_view as_text(bytes_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace serval
