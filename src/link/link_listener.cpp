#include "link/link_listener.hpp"

#include "link/listening_family.hpp"
#include "link/stream_endpoint.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

namespace serval {

namespace asio = boost::asio;

using boost::system::error_code;

namespace {

using reuse_port
  = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// How long a listener rests when the process is out of descriptors.
constexpr auto rest = std::chrono::milliseconds{100};

constexpr int backlog = 1024;

error cannot_listen(const link_address& address, error_code failed) {
  auto where = "cannot listen on " + address.to_string() + ": ";
  if (failed == asio::error::address_in_use)
    return {errc::conflict, where + "another process does already; stop it or "
                                    "choose another address"};
  return {errc::unavailable, where + failed.message()};
}

unique_fd spare_descriptor() {
  return unique_fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

} // namespace

/// Asynchronous operations keep it alive after the listener is gone.
class link_listener::acceptor : public std::enable_shared_from_this<acceptor> {
public:
  acceptor(asio::io_context& loop, link_address address,
           accept_handler on_accept)
    : address_(std::move(address)),
      socket_(loop),
      timer_(loop),
      spare_(spare_descriptor()),
      on_accept_(std::move(on_accept)) {
    // nop
  }

  error_code listen(address_sharing sharing) {
    bool tcp = address_.path.empty();
    error_code failed;
    if (tcp && sharing == address_sharing::first) {
      // With SO_REUSEPORT alone a second daemon would quietly take half of the
      // connections. Binding without it tells whether the port is free.
      socket probe{socket_.get_executor()};
      bind(probe, false, failed);
    }
    if (!failed)
      bind(socket_, tcp && sharing != address_sharing::none, failed);
    if (!failed)
      socket_.listen(backlog, failed);
    if (!failed)
      accept();
    return failed;
  }

  /// A TCP socket.
  error_code adopt(unique_fd listening) {
    error_code failed;
    auto family = listening_family(listening.get());
    if (family != AF_INET && family != AF_INET6)
      return asio::error::address_family_not_supported;
    socket_.assign(stream_protocol{family, IPPROTO_TCP}, listening.get(),
                   failed);
    if (failed)
      return failed;
    static_cast<void>(listening.release());
    learn_port(socket_, failed);
    if (!failed)
      accept();
    return failed;
  }

  int descriptor() noexcept {
    return socket_.is_open() ? socket_.native_handle() : -1;
  }

  const link_address& address() const noexcept {
    return address_;
  }

  void close() noexcept {
    error_code ignored;
    on_accept_ = nullptr;
    timer_.cancel();
    // A socket that another process has, too, would stay in the loop's epoll
    // set if it were only closed.
    if (socket_.is_open())
      ::close(socket_.release(ignored));
    if (bound_ && !address_.path.empty())
      ::unlink(address_.path.c_str());
  }

private:
  using socket = asio::basic_socket_acceptor<stream_protocol>;

  /// Binds and learns the port that the kernel chose.
  void bind(socket& to, bool shared, error_code& failed) {
    auto endpoint = to_endpoint(address_);
    bool tcp = address_.path.empty();
    to.open(endpoint.protocol(), failed);
    if (!failed && tcp)
      to.set_option(asio::socket_base::reuse_address(true), failed);
    if (!failed && shared)
      to.set_option(reuse_port(true), failed);
    if (!failed)
      to.bind(endpoint, failed);
    if (failed)
      return;
    bound_ = true;
    if (tcp)
      learn_port(to, failed);
  }

  void learn_port(socket& of, error_code& failed) {
    auto actual = of.local_endpoint(failed);
    asio::ip::tcp::endpoint local;
    if (!failed && actual.size() <= local.capacity()) {
      std::memcpy(local.data(), actual.data(), actual.size());
      address_.port = local.port();
    }
  }

  void accept() {
    socket_.async_accept([self = shared_from_this()](
                           error_code failed, stream_protocol::socket peer) {
      self->on_accepted(failed, std::move(peer));
    });
  }

  void on_accepted(error_code failed, stream_protocol::socket peer) {
    if (!on_accept_)
      return;
    if (failed == asio::error::no_descriptors)
      return shed();
    if (!failed) {
      error_code released;
      unique_fd fd{peer.release(released)};
      // The handler may close the listener.
      auto handler = on_accept_;
      if (!released && fd)
        handler(std::move(fd));
    }
    if (on_accept_)
      accept();
  }

  /// Out of descriptors: takes a waiting connection with the spare one and
  /// closes it, so that its client knows, then rests a while.
  void shed() {
    spare_.reset();
    unique_fd refused{::accept(socket_.native_handle(), nullptr, nullptr)};
    refused.reset();
    spare_ = spare_descriptor();
    timer_.expires_after(rest);
    timer_.async_wait([self = shared_from_this()](error_code failed) {
      if (!failed && self->on_accept_)
        self->accept();
    });
  }

  link_address address_;
  socket socket_;
  asio::steady_timer timer_;
  unique_fd spare_;
  accept_handler on_accept_;
  bool bound_ = false;
};

link_listener::link_listener() noexcept = default;

link_listener::link_listener(std::shared_ptr<acceptor> acceptor) noexcept
  : acceptor_(std::move(acceptor)) {
  // nop
}

link_listener::link_listener(link_listener&&) noexcept = default;

link_listener& link_listener::operator=(link_listener&& other) noexcept {
  if (this != &other) {
    close();
    acceptor_ = std::move(other.acceptor_);
  }
  return *this;
}

link_listener::~link_listener() {
  close();
}

result<link_listener> link_listener::open(asio::io_context& loop,
                                          const link_address& address,
                                          address_sharing sharing,
                                          accept_handler on_accept) {
  auto made = std::make_shared<acceptor>(loop, address, std::move(on_accept));
  if (auto failed = made->listen(sharing))
    return cannot_listen(address, failed);
  return link_listener{std::move(made)};
}

result<link_listener> link_listener::adopt(asio::io_context& loop,
                                           unique_fd listening,
                                           accept_handler on_accept) {
  auto made = std::make_shared<acceptor>(loop, link_address{},
                                         std::move(on_accept));
  if (made->adopt(std::move(listening)))
    return error{errc::bad_request,
                 "what was handed over is no socket that listens"};
  return link_listener{std::move(made)};
}

int link_listener::descriptor() const noexcept {
  return acceptor_ ? acceptor_->descriptor() : -1;
}

const link_address& link_listener::address() const noexcept {
  static const link_address none;
  return acceptor_ ? acceptor_->address() : none;
}

void link_listener::close() noexcept {
  if (auto doomed = std::exchange(acceptor_, nullptr))
    doomed->close();
}

} // namespace serval
