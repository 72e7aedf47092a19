#include "load/socket_target.hpp"

#include "base/unique_fd.hpp"

#include <fmt/format.h>

#include <sys/socket.h>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace serval {

namespace {

struct free_addresses {
  void operator()(addrinfo* list) const noexcept {
    ::freeaddrinfo(list);
  }
};

/// 0, or the reason as in errno.
int try_to_connect(const socket_target& target, duration patience) {
  unique_fd fd{::socket(target.family(),
                        SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd)
    return errno;
  if (::connect(fd.get(), target.get(),
                static_cast<socklen_t>(target.address.size()))
      == 0)
    return 0;
  if (errno != EINPROGRESS)
    return errno;
  pollfd wanted{fd.get(), POLLOUT, 0};
  auto ms = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  if (::poll(&wanted, 1, static_cast<int>(ms)) <= 0)
    return ETIMEDOUT;
  int code = 0;
  socklen_t length = sizeof(code);
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &code, &length);
  return code;
}

} // namespace

const sockaddr* socket_target::get() const noexcept {
  return reinterpret_cast<const sockaddr*>(address.data());
}

int socket_target::family() const noexcept {
  return get()->sa_family;
}

bool socket_target::is_loopback() const noexcept {
  if (family() == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address.data(), sizeof(in));
    return ntohl(in.sin_addr.s_addr) >> 24 == 127;
  }
  sockaddr_in6 in6{};
  std::memcpy(&in6, address.data(), sizeof(in6));
  return family() == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

result<socket_target> find_target(const std::string& host,
                                  const std::string& port, reach allowed,
                                  duration patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  auto failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (failed != 0)
    return error{errc::not_found, fmt::format("cannot look up {}: {}", host,
                                              ::gai_strerror(failed))};
  std::unique_ptr<addrinfo, free_addresses> owner{list};
  int why = 0;
  for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
    const auto* bytes = reinterpret_cast<const std::byte*>(entry->ai_addr);
    socket_target target{{bytes, bytes + entry->ai_addrlen}};
    if (allowed == reach::loopback && !target.is_loopback())
      continue;
    why = try_to_connect(target, patience);
    if (why == 0)
      return target;
  }
  if (why == 0)
    return error{errc::bad_request,
                 fmt::format("{} is another machine; --allow-remote puts load "
                             "on it, if it is yours", host)};
  return error{errc::unavailable,
               fmt::format("cannot connect to {}:{}: {}; is it running?", host,
                           port, std::strerror(why))};
}

} // namespace serval
