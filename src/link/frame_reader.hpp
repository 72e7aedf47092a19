#pragma once

#include "base/result.hpp"
#include "link/frame.hpp"
#include "wire/bytes.hpp"

#include <cstdint>
#include <vector>

namespace serval {

/// What a `frame_reader` finds. Bytes are lent until the function returns; they
/// begin at a multiple of 8. A function that returns false ends the reading.
class frame_sink {
public:
  /// A message of the link itself.
  virtual bool on_control(bytes_view message) = 0;

  /// A whole message of the protocol above.
  virtual bool on_message(traffic_class traffic, bytes_view message) = 0;

  /// The sender of a long message may be given credit for `bytes` more.
  virtual void on_credit_due(traffic_class traffic, std::uint16_t stream,
                             std::uint64_t bytes)
    = 0;

protected:
  ~frame_sink() = default;
};

/// Takes frames apart and puts long messages together again, within limits that
/// hold before anything is allocated. Pure.
class frame_reader {
public:
  /// `message_max` is the longest message accepted. Long messages under way
  /// get credit as long as they are together below twice that.
  explicit frame_reader(std::size_t message_max) : message_max_(message_max) {
    // nop
  }

  /// Frames with longer payloads are refused.
  void set_payload_max(std::size_t bytes) noexcept {
    payload_max_ = bytes;
  }

  /// Reads all whole frames of `bytes`, which begin with a frame and at a
  /// multiple of 8. Returns how many bytes it is through with; the rest is the
  /// beginning of a frame. An error means that the peer is not to be trusted
  /// with another byte.
  result<std::size_t> read(bytes_view bytes, frame_sink& sink);

private:
  /// A long message under way.
  struct partial {
    traffic_class traffic;
    std::uint16_t stream;
    std::uint64_t size;
    /// How much of it may arrive.
    std::uint64_t credit = initial_credit;
    std::vector<std::byte> bytes;
  };

  result<void> check(const frame_header& header) const;
  result<bool> read_frame(const frame_header& header, bytes_view payload,
                          frame_sink& sink);
  result<bool> read_first(const frame_header& header, bytes_view payload,
                          frame_sink& sink);
  result<bool> read_more(const frame_header& header, bytes_view payload,
                         frame_sink& sink);
  void give_credit(frame_sink& sink);

  std::vector<partial>::iterator find(const frame_header& header);

  std::size_t message_max_;
  std::size_t payload_max_ = frame_payload_max;
  std::vector<partial> partials_;
  /// Sum of the sizes of the partial messages that were given full credit.
  std::uint64_t admitted_bytes_ = 0;
};

} // namespace serval
