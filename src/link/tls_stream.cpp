#include "link/byte_stream.hpp"

#include "tls/tls_session.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <string_view>
#include <utility>

namespace serval {

namespace asio = boost::asio;

using boost::system::error_code;

namespace {

/// Enough to keep the socket busy, little enough to let others have a turn.
constexpr std::size_t write_bytes_max = 256 * 1024;

constexpr auto broken = boost::system::errc::protocol_error;

using outcome = tls_session::outcome;

std::string_view view_of(asio::const_buffer buffer) {
  return {static_cast<const char*>(buffer.data()), buffer.size()};
}

/// Never waits for a socket to become what it is already: each wait follows an
/// attempt in which the session said what it lacks. So a peer that stays silent
/// costs nothing.
class tls_stream final : public byte_stream {
public:
  tls_stream(socket peer, tls_session session)
    : byte_stream(std::move(peer)), session_(std::move(session)) {
    // nop
  }

  void read(asio::mutable_buffer buffer, user_ptr user) override {
    buffer_ = buffer;
    if (session_.holds_input())
      asio::post(socket_.get_executor(), [this, user = std::move(user)] {
        go_on_reading(user);
      });
    else
      wait_to_read(asio::socket_base::wait_read, std::move(user));
  }

  std::size_t write(asio::const_buffer first, asio::const_buffer second,
                    error_code& failure) override {
    write_lacks_ = asio::socket_base::wait_write;
    auto count = push(view_of(first), failure);
    if (count == first.size() && !failure)
      count += push(view_of(second), failure);
    if (failure == asio::error::would_block && count > 0)
      failure = {};
    return count;
  }

  void wait_writable(user_ptr user) override {
    // During a handshake a write may lack the peer's bytes.
    socket_.async_wait(write_lacks_, [user = std::move(user)](
                                       const error_code& failure) {
      user->on_writable(failure);
    });
  }

  void end_sending() override {
    error_code ignored;
    session_.end();
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  }

  bool established() const noexcept override {
    return session_.established();
  }

  std::vector<std::string> peer_uris() const override {
    return session_.peer_uris();
  }

  std::string explain(const error_code& failure) const override {
    return failure == broken ? session_.why() : failure.message();
  }

private:
  void wait_to_read(asio::socket_base::wait_type lacks, user_ptr user) {
    socket_.async_wait(lacks, [this, user = std::move(user)](
                                const error_code& failure) {
      if (failure)
        user->on_read(failure, 0);
      else
        go_on_reading(user);
    });
  }

  void go_on_reading(const user_ptr& user) {
    // The descriptor may be another connection's by now.
    if (!socket_.is_open())
      return user->on_read(asio::error::operation_aborted, 0);
    auto done = session_.read(static_cast<char*>(buffer_.data()),
                              buffer_.size());
    switch (done.what) {
      case outcome::moved:
        return user->on_read({}, done.count);
      case outcome::wants_read:
        return wait_to_read(asio::socket_base::wait_read, user);
      case outcome::wants_write:
        return wait_to_read(asio::socket_base::wait_write, user);
      case outcome::ended:
        return user->on_read(asio::error::eof, 0);
      case outcome::failed:
        return user->on_read(make_error_code(broken), 0);
    }
  }

  std::size_t push(std::string_view bytes, error_code& failure) {
    std::size_t count = 0;
    while (count < bytes.size() && count < write_bytes_max) {
      auto done = session_.write(bytes.substr(count));
      count += done.count;
      if (done.what == outcome::moved)
        continue;
      if (done.what == outcome::failed || done.what == outcome::ended)
        failure = make_error_code(broken);
      else
        failure = asio::error::would_block;
      if (done.what == outcome::wants_read)
        write_lacks_ = asio::socket_base::wait_read;
      break;
    }
    return count;
  }

  tls_session session_;
  asio::mutable_buffer buffer_; ///< Of the pending read.
  asio::socket_base::wait_type write_lacks_ = asio::socket_base::wait_write;
};

} // namespace

byte_stream_ptr accept_tls_stream(byte_stream::socket peer,
                                  const tls_context& context) {
  auto session = tls_session::accept(context, peer.native_handle());
  return std::make_unique<tls_stream>(std::move(peer), std::move(session));
}

byte_stream_ptr connect_tls_stream(byte_stream::socket peer,
                                   const tls_context& context,
                                   const std::string& host) {
  auto session = tls_session::connect(context, peer.native_handle(), host);
  return std::make_unique<tls_stream>(std::move(peer), std::move(session));
}

} // namespace serval
