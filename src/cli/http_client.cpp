#include "cli/http_client.hpp"

#include "base/unique_fd.hpp"
#include "cli/exit_code.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>

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

result<unique_fd> connect_to(const std::string& address) {
  auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return error{daemon_unreachable,
                 fmt::format("\"{}\" is no address; write it like "
                             "127.0.0.1:9470",
                             address)};
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  auto code = ::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints,
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

std::string head_of(const std::string& address, const http_call& call) {
  auto head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n"
                          "Content-Length: {}\r\n",
                          call.method, call.target, address, call.body.size());
  for (const auto& [name, value] : call.fields)
    head += fmt::format("{}: {}\r\n", name, value);
  return head + "\r\n";
}

/// Sends bytes until they are all gone. A server may answer, and close, before
/// it has read everything; then the answer is what counts, so a broken
/// connection is no error here.
bool send_all(int fd, std::string_view bytes, time_point deadline) {
  while (!bytes.empty()) {
    auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno == EAGAIN) {
      if (!wait_for(fd, POLLOUT, deadline))
        return false;
    } else if (errno != EINTR) {
      return true;
    }
  }
  return true;
}

} // namespace

result<http_answer> perform(const std::string& address,
                            const http_call& call) {
  auto fd = connect_to(address);
  if (!fd)
    return fd.error();
  auto deadline = now() + call.timeout;
  auto late = [&] {
    return error{errc::deadline_exceeded,
                 fmt::format("{} did not answer in time", address)};
  };
  auto broken = [&](std::string_view why) {
    return error{errc::client_gone,
                 fmt::format("the connection to {} broke before the answer "
                             "came: {}",
                             address, why)};
  };
  if (!send_all(fd->get(), head_of(address, call), deadline)
      || !send_all(fd->get(), call.body, deadline))
    return late();
  http_response_parser parser(call.method != "HEAD");
  auto buffer = std::make_unique<std::array<char, 64 * 1024>>();
  while (true) {
    auto count = ::recv(fd->get(), buffer->data(), buffer->size(), 0);
    if (count == 0)
      return broken("it was closed");
    if (count < 0 && errno == EAGAIN) {
      if (!wait_for(fd->get(), POLLIN, deadline))
        return late();
      continue;
    }
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return broken(std::strerror(errno));
    auto complete
      = parser.feed({buffer->data(), static_cast<std::size_t>(count)});
    if (!complete)
      return complete.error();
    if (*complete)
      return parser.take();
  }
}

} // namespace serval
