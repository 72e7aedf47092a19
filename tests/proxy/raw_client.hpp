#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace serval {

struct raw_response {
  int status = 0; ///< 0: the connection ended before a whole response.
  std::string head;
  std::string body;
};

/// A blocking HTTP client that sends just the bytes it is given. Waits at most
/// ten seconds for anything.
class raw_client {
public:
  /// Without a port, `connect` comes later.
  explicit raw_client(std::uint16_t port = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval limit{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (port != 0)
      connect(port);
  }

  raw_client(raw_client&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), got_(std::move(other.got_)) {
    // nop
  }

  ~raw_client() {
    close();
  }

  bool connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(socket_, reinterpret_cast<sockaddr*>(&address),
                     sizeof address)
           == 0;
  }

  /// Answers how many bytes the kernel took before the connection broke.
  std::size_t send(std::string_view bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent,
                          MSG_NOSIGNAL);
      if (count <= 0)
        break;
      sent += static_cast<std::size_t>(count);
    }
    return sent;
  }

  /// Lets the kernel hold as little for this client as it can. Before
  /// `connect`.
  void take_little() {
    int bytes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }

  /// Whether the connection is over in both directions.
  bool is_over() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    ::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size);
    return info.tcpi_state == TCP_CLOSE;
  }

  int native() const noexcept {
    return socket_;
  }

  void end_sending() {
    ::shutdown(socket_, SHUT_WR);
  }

  void close() {
    if (socket_ >= 0)
      ::close(std::exchange(socket_, -1));
  }

  /// Closes without the courtesies.
  void reset() {
    linger hard{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }

  /// Reads one response by its Content-Length; `to_head` ones have no body.
  raw_response receive(bool to_head = false) {
    raw_response result;
    std::size_t end = 0;
    while ((end = got_.find("\r\n\r\n")) == std::string::npos)
      if (!more())
        return result;
    result.head = got_.substr(0, end + 4);
    got_.erase(0, end + 4);
    auto length = field(result.head, "Content-Length");
    auto bytes = to_head || length.empty() ? 0 : std::stoul(length);
    while (got_.size() < bytes)
      if (!more())
        return result;
    result.body = got_.substr(0, bytes);
    got_.erase(0, bytes);
    result.status = std::atoi(result.head.c_str() + 9);
    return result;
  }

  raw_response ask(std::string_view bytes) {
    send(bytes);
    return receive();
  }

  /// Whether the server closed and nothing is left to read.
  bool ended() {
    return got_.empty() && !more();
  }

  /// Reads until the server closes, whatever it says.
  void read_to_end() {
    while (more())
      got_.clear();
  }

  static std::string field(const std::string& head, std::string_view name) {
    auto at = head.find(std::string{name} + ": ");
    if (at == std::string::npos)
      return {};
    at += name.size() + 2;
    return head.substr(at, head.find('\r', at) - at);
  }

private:
  bool more() {
    char bytes[65536];
    auto count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0)
      return false;
    got_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int socket_ = -1;
  std::string got_;
};

} // namespace serval
