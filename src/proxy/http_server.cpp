#include "proxy/http_server.hpp"

#include "base/assert.hpp"
#include "proxy/http_connection.hpp"
#include "proxy/http_listener.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace serval {

namespace asio = boost::asio;

namespace {

using error_code = boost::system::error_code;

/// What is counted together with the client.
address_counts::address address_of(const http_listener::socket& client) {
  error_code failure;
  auto address = client.remote_endpoint(failure).address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  if (address.is_v4())
    return {address.to_v4().to_uint(), false};
  std::uint64_t prefix = 0;
  auto bytes = address.to_v6().to_bytes();
  std::memcpy(&prefix, bytes.data(), sizeof prefix);
  return {prefix, true};
}

} // namespace

class http_server::impl final
  : public http_server_state,
    public std::enable_shared_from_this<http_server::impl> {
public:
  impl(asio::io_context& loop, http_handler& handler,
       const http_limits& limits)
    : http_server_state(loop, handler, limits),
      listener_(std::make_shared<http_listener>(
        loop,
        [this](http_listener::socket client) { on_accept(std::move(client)); },
        [this] { count_shed(shed_reason::descriptors); })),
      timer_(loop),
      linger_timer_(loop) {
    // One body of the largest size always fits.
    this->limits.body_bytes_in_all
      = std::max(limits.body_bytes_in_all, limits.body_bytes);
  }

  result<std::uint16_t> listen(const listen_address& address,
                               port_sharing sharing) {
    return listener_->listen(address, sharing, limits.write_timeout);
  }

  result<std::uint16_t> adopt(unique_fd listening) {
    return listener_->adopt(std::move(listening), limits.write_timeout);
  }

  int descriptor() const {
    return listener_->descriptor();
  }

  void use(tls_context_ptr tls) {
    tls_ = std::move(tls);
  }

  void stop(std::function<void()> on_closed, duration linger) {
    SERVAL_ASSERT(!stopping);
    stopping = true;
    on_closed_ = std::move(on_closed);
    listener_->close();
    if (connections.empty())
      return drained();
    if (linger == duration::zero())
      return close_idle();
    lingers = true;
    linger_timer_.expires_after(linger);
    linger_timer_.async_wait(
      [self = shared_from_this()](const error_code& failure) {
        if (!failure && !self->aborted_)
          self->close_idle();
      });
  }

  void abort() {
    aborted_ = true;
    listener_->close();
    for (auto& connection : std::vector{connections})
      connection->cut();
    timer_.cancel();
    linger_timer_.cancel();
  }

  void drained() override {
    linger_timer_.cancel();
    if (auto on_closed = std::exchange(on_closed_, nullptr))
      asio::post(loop, std::move(on_closed));
  }

private:
  void close_idle() {
    lingers = false;
    for (auto& connection : std::vector{connections})
      connection->on_stop();
  }

  void on_accept(http_listener::socket client) {
    ++stats.accepted;
    error_code ignored;
    client.non_blocking(true, ignored);
    if (memory() >= memory_stage::refuse)
      return turn_away(client, shed_reason::memory);
    if (connections.size() >= limits.connections)
      return turn_away(client, shed_reason::connections);
    address_counts::place place;
    if (limits.addresses != nullptr) {
      place = limits.addresses->enter(address_of(client));
      if (!place)
        return turn_away(client, shed_reason::address);
    }
    client.set_option(asio::ip::tcp::no_delay{true}, ignored);
    read_clocks();
    auto stream = tls_ ? accept_tls_stream(std::move(client), *tls_)
                       : make_plain_stream(std::move(client));
    std::make_shared<http_connection>(std::move(stream), std::move(place),
                                      shared_from_this())
      ->start();
    if (!std::exchange(ticking_, true))
      arm_timer();
  }

  void count_shed(shed_reason why) {
    ++stats.shed;
    handler.shed(why);
  }

  /// Tells the client at least why, if its socket takes that. A handshake only
  /// to say so would cost more than what is refused.
  void turn_away(http_listener::socket& client, shed_reason why) {
    count_shed(why);
    if (tls_)
      return;
    constexpr std::string_view answer
      = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
        "Retry-After: 1\r\nConnection: close\r\n\r\n";
    error_code ignored;
    client.write_some(asio::buffer(answer), ignored);
  }

  void read_clocks() {
    now = std::chrono::steady_clock::now();
    auto second = std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
    if (std::exchange(second_, second) != second)
      date_field = serval::date_field(second);
  }

  /// One timer for all connections: a limit that is exact to a tick does not
  /// need a timer that is set anew for each request. A server without
  /// connections has none.
  void tick() {
    read_clocks();
    visited_ = connections;
    for (auto& connection : visited_)
      connection->on_tick(now);
    if (auto stage = memory(); stage > memory_stage::ample)
      for (auto& connection : visited_)
        shed(*connection, stage);
    if (unsent_bytes > limits.unsent_bytes_in_all)
      cut_slowest_readers();
    visited_.clear();
    handler.tick();
    ticking_ = !connections.empty();
    if (ticking_)
      arm_timer();
  }

  /// Idle connections make room; clients that are slow hold the most.
  void shed(http_connection& connection, memory_stage stage) {
    if (connection.is_idle_for(limits.short_idle_timeout)
        || (stage == memory_stage::critical && connection.is_slow())) {
      count_shed(shed_reason::memory);
      connection.cut();
    }
  }

  void cut_slowest_readers() {
    std::ranges::sort(visited_, {}, [](auto& each) {
      return each->last_write();
    });
    for (auto& connection : visited_) {
      if (unsent_bytes <= limits.unsent_bytes_in_all)
        return;
      if (connection->is_writing()) {
        count_shed(shed_reason::unsent);
        connection->cut();
      }
    }
  }

  void arm_timer() {
    timer_.expires_after(limits.tick);
    timer_.async_wait([self = shared_from_this()](const error_code& failure) {
      if (!failure && !self->aborted_)
        self->tick();
    });
  }

  std::shared_ptr<http_listener> listener_;
  tls_context_ptr tls_; ///< Null if connections are plain.
  asio::steady_timer timer_;
  asio::steady_timer linger_timer_;
  std::function<void()> on_closed_;
  bool ticking_ = false; ///< The timer is armed.
  bool aborted_ = false;
  std::chrono::sys_seconds second_;
  /// A copy, since connections may end while the others are visited.
  std::vector<std::shared_ptr<http_connection>> visited_;
};

http_server::http_server(asio::io_context& loop, http_handler& handler,
                         const http_limits& limits)
  : impl_(std::make_shared<impl>(loop, handler, limits)) {
  // nop
}

http_server::~http_server() {
  impl_->abort();
}

result<std::uint16_t> http_server::listen(const listen_address& address,
                                          port_sharing sharing) {
  return impl_->listen(address, sharing);
}

result<std::uint16_t> http_server::adopt(unique_fd listening) {
  return impl_->adopt(std::move(listening));
}

int http_server::descriptor() const {
  return impl_->descriptor();
}

void http_server::use(tls_context_ptr tls) {
  impl_->use(std::move(tls));
}

void http_server::stop(std::function<void()> on_closed, duration linger) {
  impl_->stop(std::move(on_closed), linger);
}

void http_server::abort() {
  impl_->abort();
}

const http_server_stats& http_server::stats() const noexcept {
  return impl_->stats;
}

} // namespace serval
