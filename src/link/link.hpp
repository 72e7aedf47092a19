#pragma once

#include "base/result.hpp"
#include "link/frame.hpp"
#include "link/link_settings.hpp"
#include "wire/bytes.hpp"

#include <cstdint>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace serval {

/// Receives what happens on a link, on the link's loop. Must outlive the link
/// or its `close`. May close or destroy the link from within any function.
class link_handler {
public:
  virtual ~link_handler() = default;

  /// The peer said hello and is welcome; from now on `send` works.
  virtual void on_ready(const link_hello& peer) = 0;

  /// A message of the peer. It is lent until the function returns and begins
  /// at a multiple of 8, as decoders want it.
  virtual void on_message(traffic_class traffic, bytes_view message) = 0;

  /// The link is over; nothing follows. What was sent may or may not have
  /// arrived. Not called after `close`.
  virtual void on_closed(const error& why) = 0;
};

/// One side of the framed, multiplexed connection between two processes, over a
/// TCP or Unix stream socket. Used on the thread of its loop only.
class peer_link {
public:
  /// A link that is closed from the beginning.
  peer_link() noexcept;

  /// Takes over `socket`, a connected stream socket. Says hello at once.
  peer_link(boost::asio::io_context& loop, int socket, link_settings settings,
       link_handler& handler);

  peer_link(peer_link&&) noexcept;
  peer_link& operator=(peer_link&&) noexcept;

  /// As `close`.
  ~peer_link();

  /// Queues a message and returns at once; never calls the handler. Messages of
  /// one class and stream arrive in order; different streams do not wait for
  /// each other's long messages. Fails with
  /// - `errc::link_lost` if the link is not ready or is over,
  /// - `errc::overload` if too much waits for the peer already,
  /// - `errc::body_too_large` if one side does not take messages that long, or
  ///   the message is empty.
  result<void> send(traffic_class traffic, bytes_view message,
                    std::uint16_t stream = 0);

  /// Ends the link without telling the handler. What the socket takes at once
  /// is still written.
  void close() noexcept;

  bool ready() const noexcept;

  /// The longest message that both sides allow; 0 if not ready.
  std::size_t message_max() const noexcept;

  /// Bytes that were sent but not yet taken by the socket.
  std::size_t queued_bytes() const noexcept;

private:
  class connection;
  std::shared_ptr<connection> connection_;
};

} // namespace serval
