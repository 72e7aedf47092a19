#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace serval {

// The frames of `schemas/README.md`. Multi-byte numbers are little-endian, as
// are all machines that Serval runs on.

enum class frame_kind : std::uint8_t {
  control = 1, ///< One message of the link itself.
  message,     ///< One whole message of the protocol above.
  first,       ///< The size of a long message and its first bytes.
  more,        ///< Further bytes of a long message.
};

/// What goes first when there is more to write than the peer takes.
enum class traffic_class : std::uint8_t {
  control, ///< Small and urgent; overtakes everything.
  request, ///< Requests and responses.
  bulk,    ///< At most half of what is written while requests wait.
};

inline constexpr std::size_t traffic_class_count = 3;
inline constexpr std::size_t frame_header_bytes = 8;
inline constexpr std::size_t frame_payload_max = 64 * 1024 - frame_header_bytes;
/// A `first` frame begins with the size of its message.
inline constexpr std::size_t long_header_bytes = 8;
/// What of a long message may be sent before the receiver has given credit.
inline constexpr std::uint64_t initial_credit = 256 * 1024;

struct frame_header {
  std::uint32_t length = 0;
  std::uint8_t kind = 0;
  std::uint8_t traffic = 0;
  std::uint16_t stream = 0;
};

static_assert(sizeof(frame_header) == frame_header_bytes);

inline frame_header read_frame_header(const std::byte* bytes) noexcept {
  frame_header result;
  std::memcpy(&result, bytes, sizeof(result));
  return result;
}

inline void write_frame_header(std::byte* out, std::size_t length,
                               frame_kind kind, traffic_class traffic,
                               std::uint16_t stream) noexcept {
  frame_header header{static_cast<std::uint32_t>(length),
                      static_cast<std::uint8_t>(kind),
                      static_cast<std::uint8_t>(traffic), stream};
  std::memcpy(out, &header, sizeof(header));
}

/// Bytes of a whole frame with header and padding.
inline constexpr std::size_t frame_bytes(std::size_t length) noexcept {
  return frame_header_bytes + (length + 7) / 8 * 8;
}

} // namespace serval
