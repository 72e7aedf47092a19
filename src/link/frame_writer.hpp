#pragma once

#include "base/result.hpp"
#include "link/byte_buffer.hpp"
#include "link/frame.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

namespace serval {

/// Decides which frame goes next. Takes whole messages, hands out frames:
/// control first, requests and bulk side by side, long messages in chunks that
/// take turns with everything else of their class. Pure.
class frame_writer {
public:
  /// Queued bytes of a class at which further messages are refused.
  explicit frame_writer(std::size_t backlog_max) : backlog_max_(backlog_max) {
    // nop
  }

  /// Queues a message. Fails with `errc::overload` if too much is waiting.
  /// Messages of one class and stream stay in order.
  result<void> send(traffic_class traffic, std::uint16_t stream,
                    bytes_view message);

  /// Queues a frame of the link itself. Never refused; the caller watches
  /// `queued_bytes(traffic_class::control)`.
  void send_control(bytes_view message);

  /// Lets `bytes` more of the long message of this class and stream go. False
  /// if there is none under way.
  bool grant(traffic_class traffic, std::uint16_t stream, std::uint64_t bytes);

  /// Appends the next frames to `out`, until they are at least `enough` bytes
  /// or nothing may go now. Exceeds `enough` by less than one frame.
  void take(byte_buffer& out, std::size_t enough);

  /// Bytes of a class not yet taken.
  std::size_t queued_bytes(traffic_class traffic) const noexcept;

  /// Bytes of all classes not yet taken.
  std::size_t queued_bytes() const noexcept;

private:
  struct pending_message {
    std::vector<std::byte> bytes;
    std::size_t sent = 0;
    std::uint64_t credit = initial_credit;

    bool is_long() const noexcept {
      return bytes.size() > frame_payload_max;
    }
  };

  /// A stream that has a long message, and what follows it.
  struct lane {
    std::uint16_t stream = 0;
    /// How much of the short messages precedes it.
    std::uint64_t after = 0;
    std::deque<pending_message> messages;

    bool started() const noexcept {
      return messages.front().sent > 0;
    }
  };

  struct traffic_queue {
    /// Short messages as frames, in order, for streams without a lane.
    byte_buffer frames;
    std::uint64_t frames_added = 0;
    std::uint64_t frames_taken = 0;
    std::vector<lane> lanes;
    /// Whose turn it is: 0 is `frames`, n is lane n-1.
    std::size_t turn = 0;
    /// Bytes in lanes.
    std::size_t lane_bytes = 0;
    /// Lanes in the middle of a long message.
    std::size_t lanes_started = 0;
  };

  static lane* find_lane(traffic_queue& queue, std::uint16_t stream);
  static bool may_send(const traffic_queue& queue, const lane& lane);
  static bool has_work(const traffic_queue& queue);
  static std::size_t take_frames(traffic_queue& queue, byte_buffer& out,
                                 std::size_t enough);
  static std::size_t take_chunk(traffic_queue& queue, traffic_class traffic,
                                std::size_t index, byte_buffer& out);
  static void finish_front(traffic_queue& queue, std::size_t index);
  std::size_t take_turn(traffic_class traffic, byte_buffer& out,
                        std::size_t enough);
  traffic_class choose();

  traffic_queue& queue_of(traffic_class traffic) noexcept {
    return queues_[static_cast<std::size_t>(traffic)];
  }

  std::size_t backlog_max_;
  std::array<traffic_queue, traffic_class_count> queues_;
  /// Bulk bytes minus request bytes since both have been waiting.
  std::int64_t bulk_lead_ = 0;
};

} // namespace serval
