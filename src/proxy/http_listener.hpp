#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "proxy/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace serval {

/// Accepts connections on one address. When descriptors run out it accepts with
/// one it has kept in reserve and closes at once, so that clients are not left
/// waiting and the loop does not spin on a backlog that it cannot empty.
class http_listener : public std::enable_shared_from_this<http_listener> {
public:
  using executor = boost::asio::io_context::executor_type;
  using socket
    = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;
  using accept_handler = std::function<void(socket)>;

  /// `on_shed` is called for every connection closed for want of descriptors.
  http_listener(boost::asio::io_context& loop, accept_handler on_accept,
                std::function<void()> on_shed);
  ~http_listener();

  http_listener(const http_listener&) = delete;
  http_listener& operator=(const http_listener&) = delete;

  /// Answers the port. The kernel ends connections whose peer takes nothing of
  /// what was sent for `unread_max`. REQUIRES: not listening yet.
  result<std::uint16_t> listen(const listen_address& address,
                               port_sharing sharing, duration unread_max);

  /// The same with a socket that another process listened on. Answers its
  /// port, or why it is no such socket.
  result<std::uint16_t> adopt(unique_fd listening, duration unread_max);

  /// What it listens on, to be handed to another process; -1 if it does not.
  int descriptor();

  /// After this nothing more is accepted here and no handler runs. Another
  /// process with the socket may go on.
  void close();

private:
  using acceptor
    = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, executor>;

  std::uint16_t begin(duration unread_max);
  void accept();
  void on_accept(const boost::system::error_code& failure, socket client);
  bool shed();
  void pause();

  acceptor acceptor_;
  boost::asio::steady_timer timer_;
  accept_handler on_accept_;
  std::function<void()> on_shed_;
  int reserve_ = -1;
};

} // namespace serval
