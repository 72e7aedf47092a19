#pragma once

#include <cstdint>

namespace serval {

/// What becomes of a link that carries calls to a peer.
enum class link_event : std::uint8_t {
  up,
  lost,
  ended, ///< Nobody needs it any more.
};

} // namespace serval
