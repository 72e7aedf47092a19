#include "upgrade/handed_sockets.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

std::vector<unique_fd> sockets(std::size_t count) {
  return std::vector<unique_fd>(count);
}

handed_sockets two_loops() {
  handed_sockets uut;
  uut.add("http", "127.0.0.1:9480", sockets(1));
  uut.add("http", "127.0.0.1:9480", sockets(1));
  return uut;
}

} // namespace

TEST_CASE("a listener that both daemons want alike is taken once") {
  auto uut = two_loops();
  CHECK_FALSE(uut.check_all_taken());
  auto taken = uut.take("http", {"127.0.0.1", 9480}, 2);
  REQUIRE(taken);
  CHECK(taken->sockets.size() == 2);
  CHECK(taken->address == "127.0.0.1:9480");
  CHECK(uut.check_all_taken());
  CHECK_FALSE(uut.take("http", {"127.0.0.1", 9480}, 2));
}

TEST_CASE("any port fits where the configuration names none") {
  CHECK(two_loops().take("http", {"127.0.0.1", 0}, 2));
}

TEST_CASE("what the two daemons do not have alike is named") {
  auto other_host = two_loops().take("http", {"0.0.0.0", 9480}, 2);
  REQUIRE_FALSE(other_host);
  CHECK(other_host.error().message.find("0.0.0.0:9480") != std::string::npos);
  CHECK_FALSE(two_loops().take("http", {"127.0.0.1", 9481}, 2));
  auto loops = two_loops().take("http", {"127.0.0.1", 9480}, 4);
  REQUIRE_FALSE(loops);
  CHECK(loops.error().message.find("node.loops") != std::string::npos);
  CHECK_FALSE(two_loops().take("cluster", {"127.0.0.1", 9480}, 2));
}
