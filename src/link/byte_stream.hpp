#pragma once

#include "tls/tls_context.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace serval {

/// Whoever reads and writes a stream. Kept alive by what it waits for.
class stream_user {
public:
  /// `count` bytes are in the buffer, or the read failed; the peer's end is
  /// `asio::error::eof`.
  virtual void on_read(const boost::system::error_code& failure,
                       std::size_t count)
    = 0;

  /// Another write may get further.
  virtual void on_writable(const boost::system::error_code& failure) = 0;

  /// The peer has reset the connection.
  virtual void on_reset() {
    // nop
  }

protected:
  ~stream_user() = default;
};

/// A connected stream socket and what happens to bytes on their way: nothing,
/// or TLS. Which one is chosen once, when the connection begins. Used on the
/// loop's thread.
class byte_stream {
public:
  /// The concrete executor spares every operation a virtual call.
  using socket
    = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                       boost::asio::io_context::executor_type>;
  using user_ptr = std::shared_ptr<stream_user>;

  /// The functions below keep to these rules: one read is pending at most, the
  /// buffer lives until `on_read`, and nobody is called before they return.
  virtual void read(boost::asio::mutable_buffer buffer, user_ptr user) = 0;

  /// Writes what the socket takes at once of the two; answers how much. After
  /// `would_block`, or less than everything, the next write must begin with
  /// the same bytes.
  virtual std::size_t write(boost::asio::const_buffer first,
                            boost::asio::const_buffer second,
                            boost::system::error_code& failure)
    = 0;

  /// Waits until a write that did not get through may.
  virtual void wait_writable(user_ptr user) = 0;

  /// Tells the peer that nothing more comes.
  virtual void end_sending() = 0;

  /// Whether bytes can flow; without, a handshake is not over.
  virtual bool established() const noexcept = 0;

  /// The URIs that the peer's certificate is for, once established; none where
  /// nothing is encrypted.
  virtual std::vector<std::string> peer_uris() const {
    return {};
  }

  /// A failure of this stream, for people.
  virtual std::string explain(const boost::system::error_code& failure) const {
    return failure.message();
  }

  virtual ~byte_stream() = default;

  /// Calls `on_reset` when the peer resets the connection.
  void wait_reset(user_ptr user);

  /// Bytes have come that nobody has read.
  bool has_input() const noexcept;

  bool is_open() const noexcept {
    return socket_.is_open();
  }

  void close() noexcept;

  /// Closes and resets: what the peer has not read yet is thrown away, where
  /// the kernel would keep it for a peer that may never read.
  void abandon() noexcept;

protected:
  explicit byte_stream(socket peer) : socket_(std::move(peer)) {
    // nop
  }

  socket socket_;
};

using byte_stream_ptr = std::unique_ptr<byte_stream>;

/// `peer` does not block.
byte_stream_ptr make_plain_stream(byte_stream::socket peer);

/// The server's side of TLS on `peer`, which does not block.
byte_stream_ptr accept_tls_stream(byte_stream::socket peer,
                                  const tls_context& context);

/// The client's side; the server must prove to be `host`, unless that is empty.
byte_stream_ptr connect_tls_stream(byte_stream::socket peer,
                                   const tls_context& context,
                                   const std::string& host);

} // namespace serval
