#include "link/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace serval {

namespace {

constexpr int unsent_bytes_max = 128 * 1024;

void set(int socket, int option, int value) noexcept {
  static_cast<void>(
    setsockopt(socket, IPPROTO_TCP, option, &value, sizeof(value)));
}

} // namespace

int socket_family(int socket) noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return AF_UNSPEC;
  return address.ss_family;
}

void tune_stream_socket(int socket) noexcept {
  auto family = socket_family(socket);
  if (family != AF_INET && family != AF_INET6)
    return;
  set(socket, TCP_NODELAY, 1);
  set(socket, TCP_NOTSENT_LOWAT, unsent_bytes_max);
}

} // namespace serval
