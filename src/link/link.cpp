#include "link/link.hpp"

#include "link/byte_stream.hpp"
#include "link/link_core.hpp"
#include "link/socket_options.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

namespace serval {

namespace asio = boost::asio;

using boost::system::error_code;

namespace {

// Holds at least one whole frame behind the rest of another.
constexpr std::size_t read_buffer_bytes = 128 * 1024;

constexpr int writes_per_turn = 8;

time_point now() {
  return std::chrono::steady_clock::now();
}

byte_stream_ptr make_stream(byte_stream::socket socket,
                            const link_settings& settings) {
  if (!settings.tls || !socket.is_open())
    return make_plain_stream(std::move(socket));
  if (settings.tls_host.empty() && !settings.dialed)
    return accept_tls_stream(std::move(socket), *settings.tls);
  return connect_tls_stream(std::move(socket), *settings.tls,
                            settings.tls_host);
}

} // namespace

/// Moves bytes between core and socket. Asynchronous operations keep it alive
/// after the link is gone.
class peer_link::connection : public std::enable_shared_from_this<connection>,
                              public stream_user,
                              private link_events {
public:
  connection(asio::io_context& loop, int fd, link_settings settings,
             link_handler& handler)
    : core_(settings, now()),
      loop_(loop),
      heartbeat_(settings.heartbeat),
      handshake_end_(now() + settings.handshake_within),
      timer_(loop),
      handler_(&handler),
      input_(new std::byte[read_buffer_bytes]) {
    tune_stream_socket(fd);
    error_code failed;
    byte_stream::socket socket{loop};
    socket.assign(asio::generic::stream_protocol(socket_family(fd), 0), fd,
                  failed);
    if (failed)
      ::close(fd);
    else
      socket.non_blocking(true, failed);
    if (failed)
      broken_ = failed;
    stream_ = make_stream(std::move(socket), settings);
  }

  void start() {
    if (broken_)
      return fail_later(broken_);
    flush_later();
    read();
    wait_for_tick();
  }

  result<void> send(traffic_class traffic, bytes_view message,
                    std::uint16_t stream) {
    if (handler_ == nullptr)
      return error{errc::link_lost, "cannot send a message: the link is over"};
    auto queued = core_.send(traffic, message, stream);
    if (queued)
      flush_later();
    return queued;
  }

  void close() {
    if (handler_ == nullptr)
      return;
    handler_ = nullptr;
    write_last();
    shut();
  }

  bool ready() const noexcept {
    return handler_ != nullptr && core_.ready();
  }

  std::size_t message_max() const noexcept {
    return ready() ? core_.message_max() : 0;
  }

  std::size_t queued_bytes() const noexcept {
    return core_.queued_bytes();
  }

private:
  bool on_ready(const link_hello& peer) override {
    handler_->on_ready(peer);
    return handler_ != nullptr;
  }

  bool on_message(traffic_class traffic, bytes_view message) override {
    handler_->on_message(traffic, message);
    return handler_ != nullptr;
  }

  void read() {
    auto* free = input_.get() + input_size_;
    stream_->read(asio::buffer(free, read_buffer_bytes - input_size_),
                  shared_from_this());
  }

  void on_read(const error_code& failed, std::size_t count) override {
    if (handler_ == nullptr)
      return;
    if (failed)
      return fail(lost(failed));
    input_size_ += count;
    if (!core_.ready())
      core_.set_certificate_uris(stream_->peer_uris());
    // Whatever the handler sends while it reads goes out in one write.
    flush_due_ = true;
    auto done = core_.receive(now(), {input_.get(), input_size_}, *this);
    flush_due_ = false;
    if (handler_ == nullptr)
      return;
    if (!done)
      return fail(done.error());
    input_size_ -= *done;
    if (input_size_ > 0 && *done > 0)
      std::memmove(input_.get(), input_.get() + *done, input_size_);
    if (auto written = write(); written)
      return fail(lost(written));
    read();
  }

  /// One write for all that is sent until the loop comes to it.
  void flush_later() {
    if (std::exchange(flush_due_, true))
      return;
    asio::post(loop_, [self = shared_from_this()] {
      self->flush_due_ = false;
      if (self->handler_ == nullptr)
        return;
      if (auto failed = self->write())
        self->fail(self->lost(failed));
    });
  }

  /// Writes until the socket takes no more, or others should have their turn.
  error_code write() {
    if (waiting_to_write_ || !stream_->is_open())
      return {};
    for (int i = 0; i < writes_per_turn; ++i) {
      auto bytes = core_.output();
      if (bytes.empty())
        return {};
      error_code failed;
      auto count = stream_->write(asio::buffer(bytes.data(), bytes.size()), {},
                                  failed);
      if (failed == asio::error::would_block) {
        wait_to_write();
        return {};
      }
      if (failed)
        return failed;
      core_.wrote(count);
    }
    flush_later();
    return {};
  }

  /// What a wait is for may be possible by now: under TLS it may have been for
  /// what was just read.
  void write_last() {
    waiting_to_write_ = false;
    write();
  }

  void wait_to_write() {
    if (handler_ == nullptr)
      return;
    waiting_to_write_ = true;
    stream_->wait_writable(shared_from_this());
  }

  void on_writable(const error_code& waited) override {
    waiting_to_write_ = false;
    if (handler_ == nullptr)
      return;
    auto failed = waited ? waited : write();
    if (failed)
      fail(lost(failed));
  }

  void wait_for_tick() {
    timer_.expires_after(heartbeat_);
    timer_.async_wait([self = shared_from_this()](error_code failed) {
      if (!failed)
        self->on_tick();
    });
  }

  void on_tick() {
    if (handler_ == nullptr)
      return;
    if (!stream_->established() && now() >= handshake_end_)
      return fail({errc::link_lost, "the TLS handshake took too long"});
    if (auto alive = core_.tick(now()); !alive)
      return fail(alive.error());
    if (auto failed = write())
      return fail(lost(failed));
    wait_for_tick();
  }

  error lost(const error_code& failed) const {
    if (failed == asio::error::eof)
      return {errc::link_lost, "the peer closed the link"};
    return {errc::link_lost, "the link broke: " + stream_->explain(failed)};
  }

  void fail(const error& why) {
    auto* handler = std::exchange(handler_, nullptr);
    // The peer may be owed a reason.
    write_last();
    shut();
    handler->on_closed(why);
  }

  void fail_later(error_code failed) {
    asio::post(loop_, [self = shared_from_this(), failed] {
      if (self->handler_ != nullptr)
        self->fail(self->lost(failed));
    });
  }

  void shut() {
    timer_.cancel();
    stream_->end_sending();
    stream_->close();
  }

  link_core core_;
  asio::io_context& loop_;
  duration heartbeat_;
  time_point handshake_end_;
  byte_stream_ptr stream_;
  asio::steady_timer timer_;
  /// Null once the link is over.
  link_handler* handler_;
  std::unique_ptr<std::byte[]> input_;
  std::size_t input_size_ = 0;
  bool flush_due_ = false;
  bool waiting_to_write_ = false;
  error_code broken_;
};

peer_link::peer_link() noexcept = default;

peer_link::peer_link(asio::io_context& loop, int socket, link_settings settings,
           link_handler& handler)
  : connection_(std::make_shared<connection>(loop, socket, std::move(settings),
                                             handler)) {
  connection_->start();
}

peer_link::peer_link(peer_link&&) noexcept = default;

peer_link& peer_link::operator=(peer_link&& other) noexcept {
  if (this != &other) {
    close();
    connection_ = std::move(other.connection_);
  }
  return *this;
}

peer_link::~peer_link() {
  close();
}

result<void> peer_link::send(traffic_class traffic, bytes_view message,
                        std::uint16_t stream) {
  if (!connection_)
    return error{errc::link_lost, "cannot send a message: there is no link"};
  return connection_->send(traffic, message, stream);
}

void peer_link::close() noexcept {
  if (auto doomed = std::exchange(connection_, nullptr))
    doomed->close();
}

bool peer_link::ready() const noexcept {
  return connection_ && connection_->ready();
}

std::size_t peer_link::message_max() const noexcept {
  return connection_ ? connection_->message_max() : 0;
}

std::size_t peer_link::queued_bytes() const noexcept {
  return connection_ ? connection_->queued_bytes() : 0;
}

} // namespace serval
