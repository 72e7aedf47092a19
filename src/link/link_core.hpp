#pragma once

#include "base/result.hpp"
#include "link/frame_reader.hpp"
#include "link/frame_writer.hpp"
#include "link/link_settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace serval {

/// What a `link_core` tells its owner while it reads. A function that returns
/// false ends the reading.
class link_events {
public:
  /// The peer's hello is accepted; messages may be sent from now on.
  virtual bool on_ready(const link_hello& peer) = 0;

  /// The bytes are lent until the function returns and begin at a multiple
  /// of 8.
  virtual bool on_message(traffic_class traffic, bytes_view message) = 0;

protected:
  ~link_events() = default;
};

/// One side of a link without its socket: hello, order, credit and liveness.
/// Whoever owns the socket moves bytes in and out and tells the time. Pure.
///
///     greeting --(1)--> ready
///        |                |
///       (2)              (3)
///        +---> closed <---+
///
/// (1) an acceptable hello came; (2) it was not acceptable, not a hello or not
/// in time; (3) the peer broke the protocol, is silent, or stalls. Closed is
/// final: the owner writes what `output` still has, once, and closes.
class link_core {
public:
  link_core(link_settings settings, time_point now);

  /// What the peer's certificate is for, before its hello is received.
  void set_certificate_uris(std::vector<std::string> uris) {
    certificate_uris_ = std::move(uris);
  }

  /// Takes received bytes, which begin where the unread rest of the last ones
  /// began, at a multiple of 8. Returns how many it is through with. An error
  /// closes the link.
  result<std::size_t> receive(time_point now, bytes_view bytes,
                              link_events& events);

  /// Looks at the clock; call it once per heartbeat. An error closes the link.
  result<void> tick(time_point now);

  /// Queues a message. Never fails after a part of it was queued.
  result<void> send(traffic_class traffic, bytes_view message,
                    std::uint16_t stream);

  /// What should be written next; empty if there is nothing. The bytes live
  /// until the next call of a non-const function.
  bytes_view output();

  /// The first `count` bytes of the last `output` were written.
  void wrote(std::size_t count);

  bool ready() const noexcept {
    return state_ == state::ready;
  }

  /// REQUIRES: ready() once
  const link_hello& peer() const noexcept {
    return peer_;
  }

  /// The highest protocol that both sides know; 0 before ready.
  std::uint16_t protocol() const noexcept {
    return protocol_;
  }

  /// The longest message that both sides allow; 0 before ready.
  std::size_t message_max() const noexcept {
    return send_max_;
  }

  /// Bytes that were sent but not yet written.
  std::size_t queued_bytes() const noexcept {
    return writer_.queued_bytes() + output_.size();
  }

private:
  enum class state : std::uint8_t {
    greeting,
    ready,
    closed,
  };

  class reading;

  result<void> on_control(bytes_view message);
  result<void> on_hello(link_hello hello);
  result<void> check_node(const link_hello& hello) const;
  result<void> refuse(errc code, std::string text);
  result<void> on_refusal(const link_refusal& refusal);
  result<void> on_credit(const link_credit& credit);
  void control(const link_message& message);
  error close(error why);

  link_settings settings_;
  state state_ = state::greeting;
  link_hello peer_;
  std::vector<std::string> certificate_uris_;
  std::uint16_t protocol_ = 0;
  std::size_t send_max_ = 0;
  frame_reader reader_;
  frame_writer writer_;
  byte_buffer output_;
  time_point started_;
  time_point last_tick_;
  time_point last_heard_;
  /// Since when the peer takes nothing of the output, as far as ticks saw.
  std::optional<time_point> blocked_since_;
  std::uint64_t pings_ = 0;
};

} // namespace serval
