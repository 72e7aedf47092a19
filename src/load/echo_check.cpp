#include "load/echo_check.hpp"

#include <algorithm>

namespace serval {

void write_id(char* out, std::uint64_t id) noexcept {
  for (std::size_t i = echo_check::id_digits; i > 0; --i, id >>= 4)
    out[i - 1] = "0123456789abcdef"[id & 15];
}

echo_check::echo_check(std::uint64_t id, std::string_view body) noexcept
  : body_(body), expects_(true) {
  write_id(prefix_.data(), id);
  prefix_.back() = ' ';
}

void echo_check::feed(std::string_view bytes) noexcept {
  if (!expects_ || !matches_)
    return;
  if (at_ < prefix_.size()) {
    auto part = bytes.substr(0, prefix_.size() - at_);
    matches_ = std::string_view{prefix_.data(), prefix_.size()}.substr(
                 at_, part.size())
               == part;
    at_ += part.size();
    bytes.remove_prefix(part.size());
  }
  if (bytes.empty() || !matches_)
    return;
  auto part = body_.substr(at_ - prefix_.size(), bytes.size());
  matches_ = part == bytes;
  at_ += bytes.size();
}

} // namespace serval
