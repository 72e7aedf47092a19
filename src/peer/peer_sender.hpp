#pragma once

#include "link/link.hpp"
#include "wire/peer_messages.hpp"

namespace serval {

/// What can be said to a peer, on the link's loop. Never calls back.
class peer_sender {
public:
  virtual ~peer_sender() = default;

  /// As `peer_link::send`.
  virtual result<void> send(traffic_class traffic, bytes_view message,
                            std::uint16_t stream)
    = 0;

  /// What the peer has said makes no sense, or what it must hear cannot be
  /// said: ends the link, soon.
  virtual void give_up(error why) = 0;

  /// `stream` keeps what is about one worker in order, without making others
  /// wait for its long messages.
  template <class Message>
  result<void> say(const Message& message, worker_id about = {},
                   traffic_class traffic = traffic_class::request) {
    return send(traffic, encoder_.encode(message),
                static_cast<std::uint16_t>(about.value));
  }

private:
  peer_encoder encoder_;
};

} // namespace serval
