#include "cli/http_client.hpp"

#include "base/unique_fd.hpp"
#include "cli/exit_code.hpp"
#include "config/listen_address.hpp"
#include "tls/tls_session.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

namespace serval {

namespace {

using namespace std::chrono_literals;

/// A daemon on this machine accepts in microseconds; a second is for one that
/// is swapped out.
constexpr duration connect_timeout = 900ms;

time_point now() {
  return std::chrono::steady_clock::now();
}

error unreachable(const std::string& address, std::string_view why) {
  return {daemon_unreachable,
          fmt::format("no Serval daemon answers at {}: {}; start one with "
                      "`serval node -c FILE`, or name another with --admin",
                      address, why)};
}

/// Waits until the socket is ready for `events`; false when time is up.
bool wait_for(int fd, short events, time_point deadline) {
  while (true) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now());
    if (left.count() <= 0)
      return false;
    pollfd entry{fd, events, 0};
    auto wait_ms = std::min<std::int64_t>(left.count(), 60'000);
    auto count = ::poll(&entry, 1, static_cast<int>(wait_ms));
    if (count > 0)
      return true;
    if (count < 0 && errno != EINTR)
      return false;
  }
}

/// Where an address leads to.
struct place {
  std::string host; ///< Without brackets.
  std::string port;
  std::string authority; ///< As a Host field has it.
  bool encrypted = false;
};

result<place> parse_place(const std::string& address) {
  constexpr std::string_view http = "http://";
  constexpr std::string_view https = "https://";
  place found;
  found.encrypted = address.starts_with(https);
  found.authority = address.substr(found.encrypted            ? https.size()
                                   : address.starts_with(http) ? http.size()
                                                               : 0);
  auto colon = found.authority.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return error{daemon_unreachable,
                 fmt::format("\"{}\" is no address; write it like "
                             "127.0.0.1:9470 or https://127.0.0.1:9470",
                             address)};
  found.host = found.authority.substr(0, colon);
  found.port = found.authority.substr(colon + 1);
  if (found.host.starts_with('[') && found.host.ends_with(']'))
    found.host = found.host.substr(1, found.host.size() - 2);
  return found;
}

result<unique_fd> connect_to(const place& where, const std::string& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  auto code = ::getaddrinfo(where.host.c_str(), where.port.c_str(), &hints,
                            &found);
  if (code != 0)
    return unreachable(address, ::gai_strerror(code));
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found,
                                                             ::freeaddrinfo);
  int failure = ENOENT;
  for (auto* each = found; each != nullptr; each = each->ai_next) {
    unique_fd fd(::socket(each->ai_family,
                          SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) {
      failure = errno;
      continue;
    }
    if (::connect(fd.get(), each->ai_addr, each->ai_addrlen) == 0)
      return fd;
    failure = errno;
    if (failure != EINPROGRESS)
      continue;
    socklen_t size = sizeof(failure);
    if (!wait_for(fd.get(), POLLOUT, now() + connect_timeout))
      failure = ETIMEDOUT;
    else
      ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure == 0)
      return fd;
  }
  return unreachable(address, std::strerror(failure));
}

std::string head_of(const std::string& authority, const std::string& token,
                    const http_call& call) {
  auto head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n"
                          "Content-Length: {}\r\n",
                          call.method, call.target, authority,
                          call.body.size());
  if (!token.empty())
    head += fmt::format("Authorization: Bearer {}\r\n", token);
  for (const auto& [name, value] : call.fields)
    head += fmt::format("{}: {}\r\n", name, value);
  return head + "\r\n";
}

/// One connection, plain or encrypted, on which everything has a deadline.
class connection {
public:
  connection(unique_fd fd, std::optional<tls_session> session,
             time_point deadline)
    : fd_(std::move(fd)), session_(std::move(session)), deadline_(deadline) {
    // nop
  }

  /// Sends bytes until they are all gone; false when time is up. A server may
  /// answer, and close, before it has read everything; then the answer is what
  /// counts, so a broken connection is no error here.
  bool send_all(std::string_view bytes) {
    while (!bytes.empty()) {
      auto sent = session_ ? session_->write(bytes) : send_plain(bytes);
      bytes.remove_prefix(sent.count);
      if (is_over(sent.what))
        return true;
      if (!wait(sent.what))
        return false;
    }
    return true;
  }

  /// Reads what there is; `wants_read` when time is up.
  tls_session::progress receive(std::span<char> buffer) {
    while (true) {
      auto got = session_ ? session_->read(buffer.data(), buffer.size())
                          : receive_plain(buffer);
      if (got.what == outcome::moved || is_over(got.what))
        return got;
      if (!wait(got.what))
        return {outcome::wants_read, 0};
    }
  }

  /// What has failed, for people.
  std::string why() const {
    return session_ ? session_->why() : std::strerror(errno);
  }

  bool established() const noexcept {
    return !session_ || session_->established();
  }

private:
  using outcome = tls_session::outcome;

  static bool is_over(outcome what) noexcept {
    return what == outcome::ended || what == outcome::failed;
  }

  bool wait(outcome lack) const {
    if (lack == outcome::moved)
      return true;
    auto events = lack == outcome::wants_read ? POLLIN : POLLOUT;
    return wait_for(fd_.get(), static_cast<short>(events), deadline_);
  }

  tls_session::progress send_plain(std::string_view bytes) const {
    auto count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0)
      return {outcome::moved, static_cast<std::size_t>(count)};
    return {errno == EAGAIN   ? outcome::wants_write
            : errno == EINTR ? outcome::moved
                             : outcome::failed,
            0};
  }

  tls_session::progress receive_plain(std::span<char> buffer) const {
    auto count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (count > 0)
      return {outcome::moved, static_cast<std::size_t>(count)};
    return {count == 0                          ? outcome::ended
            : errno == EAGAIN || errno == EINTR ? outcome::wants_read
                                                : outcome::failed,
            0};
  }

  unique_fd fd_;
  std::optional<tls_session> session_;
  time_point deadline_;
};

/// A token that is sent in the clear belongs to whoever listens.
result<void> check_secrecy(const place& where, const http_peer& peer) {
  if (peer.token.empty() || where.encrypted || where.host == "localhost"
      || is_loopback({where.host, 0}))
    return {};
  return error{errc::unauthorized,
               fmt::format("cannot send a token to {} in the clear: write "
                           "https:// before it, or unset the token",
                           peer.address)};
}

/// Connects, and says who is to be at the other end.
result<connection> reach(const place& where, const http_peer& peer,
                         time_point deadline) {
  if (auto secret = check_secrecy(where, peer); !secret)
    return secret.error();
  auto fd = connect_to(where, peer.address);
  if (!fd)
    return fd.error();
  std::optional<tls_session> session;
  if (where.encrypted) {
    auto context = tls_context::for_client(peer.ca_file, tls_use::http,
                                           peer.own,
                                           std::chrono::system_clock::now());
    if (!context)
      return context.error();
    session = tls_session::connect(*context, fd->get(), where.host);
  }
  return connection{std::move(*fd), std::move(session), deadline};
}

} // namespace

result<http_answer> perform(const http_peer& peer, const http_call& call) {
  const auto& address = peer.address;
  auto where = parse_place(address);
  if (!where)
    return where.error();
  auto reached = reach(*where, peer, now() + call.timeout);
  if (!reached)
    return reached.error();
  auto late = [&] {
    return error{errc::deadline_exceeded,
                 fmt::format("{} did not answer in time", address)};
  };
  auto broken = [&](std::string_view why) {
    if (!reached->established())
      return error{errc::unauthorized,
                   fmt::format("cannot talk to {}: {}; its certificate must "
                               "name this host and come from the authority in "
                               "--ca-file or $SERVAL_CA_FILE",
                               address, why)};
    return error{errc::client_gone,
                 fmt::format("the connection to {} broke before the answer "
                             "came: {}",
                             address, why)};
  };
  auto head = head_of(where->authority, peer.token, call);
  if (!reached->send_all(head) || !reached->send_all(call.body))
    return late();
  http_response_parser parser(call.method != "HEAD");
  auto buffer = std::make_unique<std::array<char, 64 * 1024>>();
  while (true) {
    auto got = reached->receive(*buffer);
    if (got.what == tls_session::outcome::wants_read)
      return late();
    if (got.what == tls_session::outcome::ended)
      return broken("it was closed");
    if (got.what == tls_session::outcome::failed)
      return broken(reached->why());
    auto complete = parser.feed({buffer->data(), got.count});
    if (!complete)
      return complete.error();
    if (*complete)
      return parser.take();
  }
}

} // namespace serval
