#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace serval {

/// Takes an input apart that stands for several values. What is not there any
/// more reads as zero.
class input_reader {
public:
  explicit input_reader(std::string_view bytes) noexcept : rest_(bytes) {
    // nop
  }

  std::uint8_t byte() noexcept {
    if (rest_.empty())
      return 0;
    auto result = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return result;
  }

  std::uint32_t word() noexcept {
    std::uint32_t result = 0;
    for (int i = 0; i < 4; ++i)
      result |= static_cast<std::uint32_t>(byte()) << (8 * i);
    return result;
  }

  /// Up to the next line feed, which is taken too.
  std::string_view line() noexcept {
    auto end = std::min(rest_.find('\n'), rest_.size());
    auto result = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return result;
  }

  bool empty() const noexcept {
    return rest_.empty();
  }

  std::string_view rest() const noexcept {
    return rest_;
  }

private:
  std::string_view rest_;
};

} // namespace serval
