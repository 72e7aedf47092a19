#include "link/link_dialer.hpp"

#include "link/back_off.hpp"
#include "link/stream_endpoint.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <iterator>
#include <string>
#include <utility>

namespace serval {

namespace asio = boost::asio;

using boost::system::error_code;

/// Asynchronous operations keep it alive after the dialer is gone.
class link_dialer::attempts : public std::enable_shared_from_this<attempts>,
                              private link_handler {
public:
  attempts(asio::io_context& loop, link_address address,
           link_settings settings, dial_settings dialing, std::uint64_t seed,
           link_handler& handler)
    : loop_(loop),
      address_(std::move(address)),
      settings_(std::move(settings)),
      connect_within_(dialing.connect_within),
      pauses_(dialing.pause_min, dialing.pause_max, seed),
      resolver_(loop),
      socket_(loop),
      timer_(loop),
      handler_(&handler) {
    settings_.dialed = true;
  }

  void connect() {
    auto number = ++attempt_;
    auto self = shared_from_this();
    if (address_.is_name())
      look_up(number);
    else
      connect_to(to_endpoint(address_), number);
    timer_.expires_after(connect_within_);
    timer_.async_wait([self, number](error_code failed) {
      if (!failed && self->is_current(number))
        self->on_connected(asio::error::timed_out);
    });
  }

  void stop() noexcept {
    error_code ignored;
    handler_ = nullptr;
    ++attempt_;
    timer_.cancel();
    resolver_.cancel();
    socket_.close(ignored);
    link_.close();
  }

  result<void> send(traffic_class traffic, bytes_view message,
                    std::uint16_t stream) {
    if (!link_.ready())
      return error{errc::link_lost, "there is no link to "
                                      + address_.to_string()
                                      + " at the moment"};
    return link_.send(traffic, message, stream);
  }

  void start_over(const error& why) {
    if (!link_.ready())
      return;
    link_.close();
    auto self = shared_from_this();
    try_later({why.code, "gave up " + address_.to_string() + ": "
                           + why.message});
  }

  void use(tls_context_ptr tls) {
    settings_.tls = std::move(tls);
  }

  const peer_link& link() const noexcept {
    return link_;
  }

private:
  bool is_current(std::uint64_t number) const noexcept {
    return handler_ != nullptr && number == attempt_;
  }

  /// A name is looked up each time, since what it stands for may change.
  void look_up(std::uint64_t number) {
    resolver_.async_resolve(
      address_.host, std::to_string(address_.port),
      [self = shared_from_this(), number](
        error_code failed, const asio::ip::tcp::resolver::results_type& all) {
        if (!self->is_current(number))
          return;
        if (failed || all.empty())
          return self->on_connected(failed ? failed
                                           : asio::error::host_not_found);
        // Attempts take turns with all that the name stands for.
        auto which = static_cast<std::ptrdiff_t>(self->look_ups_++
                                                 % all.size());
        self->connect_to(std::next(all.begin(), which)->endpoint(), number);
      });
  }

  void connect_to(const stream_protocol::endpoint& where,
                  std::uint64_t number) {
    socket_ = stream_protocol::socket{loop_};
    socket_.async_connect(where, [self = shared_from_this(),
                                  number](error_code failed) {
      if (self->is_current(number))
        self->on_connected(failed);
    });
  }

  void on_connected(error_code failed) {
    ++attempt_;
    timer_.cancel();
    resolver_.cancel();
    error_code released;
    if (failed) {
      socket_.close(released);
      return try_later({errc::link_lost, "cannot connect to "
                                           + address_.to_string() + ": "
                                           + failed.message()});
    }
    auto fd = socket_.release(released);
    if (released)
      return try_later({errc::link_lost, "cannot connect to "
                                           + address_.to_string() + ": "
                                           + released.message()});
    link_ = peer_link{loop_, fd, settings_, *this};
  }

  void on_ready(const link_hello& peer) override {
    pauses_.succeeded();
    handler_->on_ready(peer);
  }

  void on_message(traffic_class traffic, bytes_view message) override {
    handler_->on_message(traffic, message);
  }

  void on_closed(const error& why) override {
    // The handler may end the dialer.
    auto self = shared_from_this();
    try_later({why.code, "lost " + address_.to_string() + ": " + why.message});
  }

  void try_later(error why) {
    auto pause = pauses_.failed();
    auto number = ++attempt_;
    timer_.expires_after(pause);
    timer_.async_wait([self = shared_from_this(), number](error_code failed) {
      if (!failed && self->is_current(number))
        self->connect();
    });
    auto milliseconds
      = std::chrono::duration_cast<std::chrono::milliseconds>(pause);
    why.message += "; trying again in " + std::to_string(milliseconds.count())
                   + " ms";
    handler_->on_closed(why);
  }

  asio::io_context& loop_;
  link_address address_;
  link_settings settings_;
  duration connect_within_;
  back_off pauses_;
  asio::ip::tcp::resolver resolver_;
  stream_protocol::socket socket_;
  asio::steady_timer timer_;
  /// Null once stopped.
  link_handler* handler_;
  peer_link link_;
  /// Tells what belongs to an attempt that is over.
  std::uint64_t attempt_ = 0;
  std::uint64_t look_ups_ = 0;
};

link_dialer::link_dialer(asio::io_context& loop, link_address address,
                         link_settings settings, dial_settings dialing,
                         std::uint64_t seed, link_handler& handler)
  : attempts_(std::make_shared<attempts>(loop, std::move(address),
                                         std::move(settings), dialing, seed,
                                         handler)) {
  attempts_->connect();
}

link_dialer::~link_dialer() {
  attempts_->stop();
}

result<void> link_dialer::send(traffic_class traffic, bytes_view message,
                               std::uint16_t stream) {
  return attempts_->send(traffic, message, stream);
}

void link_dialer::start_over(const error& why) {
  attempts_->start_over(why);
}

void link_dialer::use(tls_context_ptr tls) {
  attempts_->use(std::move(tls));
}

bool link_dialer::ready() const noexcept {
  return attempts_->link().ready();
}

std::size_t link_dialer::message_max() const noexcept {
  return attempts_->link().message_max();
}

} // namespace serval
