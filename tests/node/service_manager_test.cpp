#include "node/service_manager.hpp"

#include "base/unique_fd.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

using namespace serval;

namespace {

std::string told(unique_fd& manager) {
  std::array<char, 64> space{};
  auto size = ::recv(manager.get(), space.data(), space.size(), MSG_DONTWAIT);
  return size < 0 ? std::string{} : std::string(space.data(), size);
}

} // namespace

TEST_CASE("a service manager is told what it wants to know") {
  temporary_directory folder;
  auto path = folder.path().string() + "/notify";
  unique_fd manager{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::strncpy(at.sun_path, path.c_str(), sizeof at.sun_path - 1);
  REQUIRE(::bind(manager.get(), reinterpret_cast<sockaddr*>(&at), sizeof at)
          == 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  notify_service("MAINPID=7");
  CHECK(told(manager) == "MAINPID=7");
  // Nobody listens, or nobody wants to know.
  ::setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
  notify_service("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
  notify_service("READY=1");
  CHECK(told(manager).empty());
}
