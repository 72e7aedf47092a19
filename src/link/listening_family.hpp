#pragma once

#include <sys/socket.h>

namespace serval {

/// The address family of a socket that listens, such as one that another
/// process has handed over; -1 for any other descriptor.
inline int listening_family(int fd) noexcept {
  int listens = 0;
  int family = -1;
  socklen_t size = sizeof(int);
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0
      || listens == 0
      || ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0)
    return -1;
  return family;
}

} // namespace serval
