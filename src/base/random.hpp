#pragma once

#include <cstdint>

namespace serval {

/// A small seeded generator (SplitMix64 by Steele, Lea and Flood, 2014). Cores
/// take it as an argument, so that a run can be replayed from its seed.
class random_source {
public:
  using result_type = std::uint64_t;

  explicit random_source(std::uint64_t seed) noexcept : state_(seed) {
    // nop
  }

  static constexpr result_type min() noexcept {
    return 0;
  }

  static constexpr result_type max() noexcept {
    return ~result_type{0};
  }

  result_type operator()() noexcept {
    auto z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// A number in [0, bound). REQUIRES: bound > 0. The bias of the
  /// multiply-shift method is below 2^-32 for bounds that fit 32 bits.
  std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(
      ((operator()() >> 32) * std::uint64_t{bound}) >> 32);
  }

  /// A number in [0, 1).
  double unit() noexcept {
    return static_cast<double>(operator()() >> 11) * 0x1.0p-53;
  }

private:
  std::uint64_t state_;
};

} // namespace serval
