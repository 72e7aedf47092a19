#include "proxy/http_listener.hpp"

#include "link/listening_family.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace serval {

namespace asio = boost::asio;

namespace {

using tcp = asio::ip::tcp;
using error_code = boost::system::error_code;
using reuse_port
  = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
using user_timeout
  = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;

constexpr auto pause_after_failure = std::chrono::milliseconds{50};

int open_reserve() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

error cannot_listen(const listen_address& address, const error_code& failure) {
  auto code = failure == asio::error::address_in_use ? errc::conflict
                                                     : errc::unavailable;
  return {code, "cannot listen on " + to_string(address) + ": "
                  + failure.message()
                  + "; name another address, or stop what has this one"};
}

/// For connections that are accepted from now on: the kernel ends those whose
/// peer takes nothing of what lies in its buffer for so long. It is the only
/// one that knows, once an answer fits there. Failure costs only memory.
void end_unread_after(auto& acceptor, duration patience) {
  auto ms = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  error_code ignored;
  acceptor.set_option(user_timeout{static_cast<int>(ms)}, ignored);
}

void open_and_bind(auto& acceptor, const tcp::endpoint& endpoint, bool shared,
                   error_code& failure) {
  if (acceptor.open(endpoint.protocol(), failure))
    return;
  if (acceptor.set_option(tcp::acceptor::reuse_address{true}, failure))
    return;
  if (shared && acceptor.set_option(reuse_port{true}, failure))
    return;
  acceptor.bind(endpoint, failure);
}

} // namespace

http_listener::http_listener(asio::io_context& loop, accept_handler on_accept,
                             std::function<void()> on_shed)
  : acceptor_(loop),
    timer_(loop),
    on_accept_(std::move(on_accept)),
    on_shed_(std::move(on_shed)),
    reserve_(open_reserve()) {
  // nop
}

http_listener::~http_listener() {
  close();
}

void http_listener::close() {
  error_code ignored;
  // A socket that another process has, too, would stay in the loop's epoll set
  // if it were only closed.
  if (acceptor_.is_open())
    ::close(acceptor_.release(ignored));
  timer_.cancel();
  on_accept_ = nullptr;
  on_shed_ = nullptr;
  if (reserve_ >= 0)
    ::close(std::exchange(reserve_, -1));
}

result<std::uint16_t> http_listener::listen(const listen_address& address,
                                            port_sharing sharing,
                                            duration unread_max) {
  error_code failure;
  tcp::endpoint endpoint{asio::ip::make_address(address.host, failure),
                         address.port};
  if (failure)
    return cannot_listen(address, failure);
  if (sharing == port_sharing::first) {
    // With SO_REUSEPORT alone a second daemon would quietly take half of the
    // connections. Binding without it tells whether the port is free.
    acceptor probe{acceptor_.get_executor()};
    open_and_bind(probe, endpoint, false, failure);
    if (!failure)
      endpoint = probe.local_endpoint(failure);
    if (failure)
      return cannot_listen(address, failure);
  }
  open_and_bind(acceptor_, endpoint, sharing != port_sharing::none, failure);
  if (!failure)
    acceptor_.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) {
    error_code ignored;
    acceptor_.close(ignored);
    return cannot_listen(address, failure);
  }
  return begin(unread_max);
}

result<std::uint16_t> http_listener::adopt(unique_fd listening,
                                           duration unread_max) {
  error_code failure;
  auto family = listening_family(listening.get());
  if (family == AF_INET || family == AF_INET6)
    acceptor_.assign(family == AF_INET ? tcp::v4() : tcp::v6(),
                     listening.get(), failure);
  if (!acceptor_.is_open())
    return error{errc::bad_request,
                 "what was handed over is no socket that listens"};
  static_cast<void>(listening.release());
  return begin(unread_max);
}

std::uint16_t http_listener::begin(duration unread_max) {
  end_unread_after(acceptor_, unread_max);
  error_code ignored;
  acceptor_.non_blocking(true, ignored);
  auto port = acceptor_.local_endpoint(ignored).port();
  accept();
  return port;
}

int http_listener::descriptor() {
  return acceptor_.is_open() ? acceptor_.native_handle() : -1;
}

void http_listener::accept() {
  acceptor_.async_accept(
    [self = shared_from_this()](const error_code& failure, socket client) {
      self->on_accept(failure, std::move(client));
    });
}

void http_listener::on_accept(const error_code& failure, socket client) {
  if (!acceptor_.is_open())
    return;
  auto want_of_descriptors
    = failure == asio::error::no_descriptors
      || failure == boost::system::errc::too_many_files_open_in_system;
  auto harmless = !failure || failure == asio::error::connection_aborted;
  if (want_of_descriptors ? !shed() : !harmless)
    return pause();
  if (!failure)
    on_accept_(std::move(client));
  if (acceptor_.is_open())
    accept();
}

/// Turns one client away with the descriptor kept for that, if it can.
bool http_listener::shed() {
  if (reserve_ >= 0)
    ::close(std::exchange(reserve_, -1));
  auto client = ::accept4(acceptor_.native_handle(), nullptr, nullptr,
                          SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client >= 0) {
    ::close(client);
    on_shed_();
  }
  reserve_ = open_reserve();
  return client >= 0;
}

/// Nothing can be done but to give the system time. To try again at once would
/// keep the loop busy with nothing else.
void http_listener::pause() {
  timer_.expires_after(pause_after_failure);
  timer_.async_wait([self = shared_from_this()](const error_code& failure) {
    if (!failure && self->acceptor_.is_open())
      self->accept();
  });
}

} // namespace serval
