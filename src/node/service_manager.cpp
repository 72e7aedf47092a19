#include "node/service_manager.hpp"

#include "base/unique_fd.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

namespace serval {

void notify_service(std::string_view what) {
  const auto* named = std::getenv("NOTIFY_SOCKET");
  if (named == nullptr)
    return;
  std::string path{named};
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() < 2 || path.size() >= sizeof to.sun_path)
    return;
  // An "@" stands for the name of a socket that is in no folder.
  if (path.front() == '@')
    path.front() = '\0';
  std::memcpy(to.sun_path, path.data(), path.size());
  auto size = offsetof(sockaddr_un, sun_path) + path.size();
  unique_fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  // Nobody would be helped by a daemon that does not start for want of it.
  static_cast<void>(::sendto(socket.get(), what.data(), what.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&to),
                             static_cast<socklen_t>(size)));
}

} // namespace serval
