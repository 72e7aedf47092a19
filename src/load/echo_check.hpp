#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace serval {

/// Whether the bytes of an answer are those of an echo: the request's id in 16
/// hexadecimal digits, a blank, and the request's body. Bytes may come in any
/// pieces; none are kept. Pure.
class echo_check {
public:
  static constexpr std::size_t id_digits = 16;

  /// Expects no echo: everything is as expected.
  echo_check() = default;

  /// `body` is borrowed.
  echo_check(std::uint64_t id, std::string_view body) noexcept;

  /// Takes the next bytes of the answer.
  void feed(std::string_view bytes) noexcept;

  /// Whether all that came is the echo, and nothing of it is missing.
  bool as_expected() const noexcept {
    return !expects_ || (matches_ && at_ == prefix_.size() + body_.size());
  }

private:
  std::array<char, id_digits + 1> prefix_{};
  std::string_view body_;
  std::size_t at_ = 0;
  bool expects_ = false;
  bool matches_ = true;
};

/// The id as requests carry it.
void write_id(char* out, std::uint64_t id) noexcept;

} // namespace serval
