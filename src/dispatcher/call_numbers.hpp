#pragma once

#include "model/ids.hpp"

#include <cstdint>

namespace serval {

/// A call's id says where its result belongs: the dispatcher that made it (8
/// bits), its map (32 bits), and the piece (24 bits). No look-up by call is
/// needed anywhere.
struct call_number {
  std::uint8_t dispatcher = 0;
  std::uint32_t map = 0;
  std::uint32_t piece = 0;

  static constexpr std::uint32_t piece_count_max = 1u << 24;

  call_id pack() const noexcept {
    return {std::uint64_t{dispatcher} << 56 | std::uint64_t{map} << 24 | piece};
  }

  static call_number unpack(call_id id) noexcept {
    return {static_cast<std::uint8_t>(id.value >> 56),
            static_cast<std::uint32_t>(id.value >> 24),
            static_cast<std::uint32_t>(id.value & (piece_count_max - 1))};
  }
};

} // namespace serval
