#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace serval {

/// A number that cannot be mistaken for another kind of number. `Tag` is only a
/// name. 0 means "none".
template <class Tag>
struct strong_id {
  std::uint64_t value = 0;

  explicit operator bool() const noexcept {
    return value != 0;
  }

  friend auto operator<=>(strong_id, strong_id) = default;
};

} // namespace serval

template <class Tag>
struct std::hash<serval::strong_id<Tag>> {
  std::size_t operator()(serval::strong_id<Tag> id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
