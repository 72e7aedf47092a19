#pragma once

#include "base/random.hpp"
#include "wire/bytes.hpp"

#include <cstdint>
#include <cstring>
#include <vector>

namespace serval {

/// A copy of encoded bytes at an address as a link delivers it.
class aligned_bytes {
public:
  explicit aligned_bytes(bytes_view bytes)
    : words_((bytes.size() + 7) / 8), size_(bytes.size()) {
    if (!bytes.empty())
      std::memcpy(words_.data(), bytes.data(), bytes.size());
  }

  std::byte* data() {
    return reinterpret_cast<std::byte*>(words_.data());
  }

  bytes_view view() const {
    return {reinterpret_cast<const std::byte*>(words_.data()), size_};
  }

private:
  std::vector<std::uint64_t> words_;
  std::size_t size_;
};

/// Calls `decode` with every prefix of `bytes`, each in an allocation of its
/// own, so that a sanitizer sees a read beyond the end.
template <class Decode>
void for_each_truncation(bytes_view bytes, Decode decode) {
  for (std::size_t size = 0; size < bytes.size(); ++size)
    decode(aligned_bytes{bytes.first(size)}.view());
}

/// Calls `decode` with copies of `bytes` in which a few bytes are random, or
/// are extreme values, which lengths and offsets like least.
template <class Decode>
void for_each_damage(bytes_view bytes, std::uint64_t seed, int rounds,
                     Decode decode) {
  random_source random{seed};
  const std::uint8_t extremes[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
  for (int round = 0; round < rounds; ++round) {
    aligned_bytes copy{bytes};
    auto flips = 1 + random.below(4);
    for (std::uint32_t i = 0; i < flips; ++i) {
      auto at = random.below(static_cast<std::uint32_t>(bytes.size()));
      auto value = random.below(2) == 0 ? extremes[random.below(5)]
                                        : static_cast<std::uint8_t>(random());
      copy.data()[at] = static_cast<std::byte>(value);
    }
    decode(copy.view());
  }
}

} // namespace serval
