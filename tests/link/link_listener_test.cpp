#include "link/link_listener.hpp"

#include "link/pumped_loop.hpp"
#include "link/recorder.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

using namespace serval;

namespace {

unique_fd connect_to(const link_address& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  unique_fd fd{socket(AF_INET, SOCK_STREAM, 0)};
  REQUIRE(connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to))
          == 0);
  return fd;
}

result<link_listener> listen(pumped_loop& loop, const link_address& address,
                             address_sharing sharing,
                             link_listener::accept_handler on_accept) {
  return link_listener::open(loop.context(), address, sharing,
                             std::move(on_accept));
}

link_address any_port() {
  return *parse_link_address("127.0.0.1:0");
}

} // namespace

TEST_CASE("a listener tells its port and hands over what connects") {
  pumped_loop loop;
  std::vector<unique_fd> accepted;
  auto listener = listen(
    loop, any_port(), address_sharing::none,
    [&](unique_fd fd) { accepted.push_back(std::move(fd)); });
  REQUIRE(listener);
  CHECK(listener->address().port != 0);
  auto one = connect_to(listener->address());
  auto two = connect_to(listener->address());
  loop.run_until([&] { return accepted.size() == 2; });
}

TEST_CASE("an address in use is refused, unless it is shared on purpose") {
  pumped_loop loop;
  auto ignore = [](unique_fd) {};
  SUBCASE("not shared") {
    auto first = listen(loop, any_port(), address_sharing::none, ignore);
    auto second
      = listen(loop, first->address(), address_sharing::none, ignore);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == errc::conflict);
  }
  SUBCASE("by another process that shares it, too") {
    auto first = listen(loop, any_port(), address_sharing::first, ignore);
    CHECK_FALSE(
      listen(loop, first->address(), address_sharing::first, ignore));
  }
  SUBCASE("shared") {
    auto first = listen(loop, any_port(), address_sharing::first, ignore);
    CHECK(listen(loop, first->address(), address_sharing::join, ignore));
  }
}

TEST_CASE("a listener on a path takes the path away with it") {
  pumped_loop loop;
  auto path = "/tmp/serval_listener_test_" + std::to_string(getpid());
  auto address = *parse_link_address("unix:" + path);
  {
    auto listener
      = listen(loop, address, address_sharing::none, [](unique_fd) {});
    REQUIRE(listener);
    CHECK(access(path.c_str(), F_OK) == 0);
  }
  CHECK(access(path.c_str(), F_OK) != 0);
}

TEST_CASE("a closed listener calls nobody") {
  pumped_loop loop;
  int calls = 0;
  auto listener = listen(loop, any_port(), address_sharing::none,
                         [&](unique_fd) { ++calls; });
  auto peer = connect_to(listener->address());
  listener->close();
  loop.context().run_for(std::chrono::milliseconds{20});
  CHECK(calls == 0);
}

TEST_CASE("out of descriptors, clients are turned away and later served") {
  pumped_loop loop;
  std::vector<unique_fd> accepted;
  auto listener = listen(
    loop, any_port(), address_sharing::none,
    [&](unique_fd fd) { accepted.push_back(std::move(fd)); });
  REQUIRE(listener);
  auto turned_away = connect_to(listener->address());
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  auto none_left = before;
  none_left.rlim_cur = static_cast<rlim_t>(turned_away.get()) + 1;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none_left) == 0);
  loop.run_until([&] {
    char byte = 0;
    return recv(turned_away.get(), &byte, 1, MSG_DONTWAIT) == 0;
  });
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  auto served = connect_to(listener->address());
  loop.run_until([&] { return accepted.size() == 1; });
}

TEST_CASE("a listener that takes over a socket accepts what waits there") {
  pumped_loop loop;
  std::vector<unique_fd> accepted;
  auto keep = [&](unique_fd fd) { accepted.push_back(std::move(fd)); };
  auto first = listen(loop, any_port(), address_sharing::none, keep);
  REQUIRE(first);
  auto address = first->address();
  unique_fd shared{::dup(first->descriptor())};
  first->close();
  CHECK(first->descriptor() == -1);
  auto waiting = connect_to(address);
  auto second
    = link_listener::adopt(loop.context(), std::move(shared), keep);
  REQUIRE(second);
  CHECK(second->address().port == address.port);
  loop.run_until([&] { return accepted.size() == 1; });
}

TEST_CASE("a listener takes over nothing but a socket that listens") {
  pumped_loop loop;
  unique_fd none{::socket(AF_INET, SOCK_STREAM, 0)};
  auto adopted
    = link_listener::adopt(loop.context(), std::move(none), [](unique_fd) {});
  REQUIRE_FALSE(adopted);
  CHECK(adopted.error().code == errc::bad_request);
}
