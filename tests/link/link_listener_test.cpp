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

link_address any_port() {
  return *parse_link_address("127.0.0.1:0");
}

} // namespace

TEST_CASE("a listener tells its port and hands over what connects") {
  pumped_loop loop;
  std::vector<unique_fd> accepted;
  auto listener
    = link_listener::open(loop.context(), any_port(), false,
                          [&](unique_fd fd) {
                            accepted.push_back(std::move(fd));
                          });
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
    auto first = link_listener::open(loop.context(), any_port(), false, ignore);
    auto second = link_listener::open(loop.context(), first->address(), false,
                                      ignore);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == errc::conflict);
  }
  SUBCASE("shared") {
    auto first = link_listener::open(loop.context(), any_port(), true, ignore);
    CHECK(link_listener::open(loop.context(), first->address(), true, ignore));
  }
}

TEST_CASE("a listener on a path takes the path away with it") {
  pumped_loop loop;
  auto path = "/tmp/serval_listener_test_" + std::to_string(getpid());
  auto address = *parse_link_address("unix:" + path);
  {
    auto listener = link_listener::open(loop.context(), address, false,
                                        [](unique_fd) {});
    REQUIRE(listener);
    CHECK(access(path.c_str(), F_OK) == 0);
  }
  CHECK(access(path.c_str(), F_OK) != 0);
}

TEST_CASE("a closed listener calls nobody") {
  pumped_loop loop;
  int calls = 0;
  auto listener = link_listener::open(loop.context(), any_port(), false,
                                      [&](unique_fd) { ++calls; });
  auto peer = connect_to(listener->address());
  listener->close();
  loop.context().run_for(std::chrono::milliseconds{20});
  CHECK(calls == 0);
}

TEST_CASE("out of descriptors, clients are turned away and later served") {
  pumped_loop loop;
  std::vector<unique_fd> accepted;
  auto listener
    = link_listener::open(loop.context(), any_port(), false,
                          [&](unique_fd fd) {
                            accepted.push_back(std::move(fd));
                          });
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
