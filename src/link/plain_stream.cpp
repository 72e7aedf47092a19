#include "link/byte_stream.hpp"

#include <array>
#include <utility>

namespace serval {

namespace asio = boost::asio;

using boost::system::error_code;

namespace {

class plain_stream final : public byte_stream {
public:
  explicit plain_stream(socket peer) : byte_stream(std::move(peer)) {
    // nop
  }

  void read(asio::mutable_buffer buffer, user_ptr user) override {
    socket_.async_read_some(buffer, [user = std::move(user)](
                                      const error_code& failure,
                                      std::size_t count) {
      user->on_read(failure, count);
    });
  }

  std::size_t write(asio::const_buffer first, asio::const_buffer second,
                    error_code& failure) override {
    if (second.size() == 0)
      return socket_.write_some(asio::const_buffer{first}, failure);
    return socket_.write_some(std::array{first, second}, failure);
  }

  void wait_writable(user_ptr user) override {
    socket_.async_wait(asio::socket_base::wait_write,
                       [user = std::move(user)](const error_code& failure) {
                         user->on_writable(failure);
                       });
  }

  void end_sending() override {
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  }

  bool established() const noexcept override {
    return true;
  }
};

} // namespace

void byte_stream::wait_reset(user_ptr user) {
  socket_.async_wait(asio::socket_base::wait_error,
                     [user = std::move(user)](const error_code& failure) {
                       if (!failure)
                         user->on_reset();
                     });
}

bool byte_stream::has_input() const noexcept {
  error_code failure;
  return socket_.available(failure) > 0;
}

void byte_stream::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
}

void byte_stream::abandon() noexcept {
  error_code ignored;
  socket_.set_option(boost::asio::socket_base::linger{true, 0}, ignored);
  close();
}

byte_stream_ptr make_plain_stream(byte_stream::socket peer) {
  return std::make_unique<plain_stream>(std::move(peer));
}

} // namespace serval
