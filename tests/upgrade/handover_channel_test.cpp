// Goal: what one daemon says, another understands, descriptors and all.
// Method: both ends in one process.
#include "upgrade/handover_channel.hpp"

#include <doctest/doctest.h>

#include <array>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

struct both_ends {
  std::pair<unique_fd, unique_fd> sockets
    = std::move(*handover_channel::make_sockets());
  int raw = sockets.second.get();
  handover_channel one{std::move(sockets.first)};
  handover_channel other{std::move(sockets.second)};
};

} // namespace

TEST_CASE("a message arrives with its descriptors, which are closed on exec") {
  both_ends uut;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  REQUIRE(uut.one.send(handover_word::socket, "http 127.0.0.1:1", pipe));
  auto got = uut.other.receive(1s);
  REQUIRE(got);
  REQUIRE(*got);
  auto& message = **got;
  CHECK(message.word == handover_word::socket);
  CHECK(message.text == "http 127.0.0.1:1");
  REQUIRE(message.descriptors.size() == 2);
  CHECK((::fcntl(message.descriptors[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  // They are the same pipe.
  REQUIRE(::write(pipe[1], "x", 1) == 1);
  char byte = 0;
  CHECK(::read(message.descriptors[0].get(), &byte, 1) == 1);
  CHECK(byte == 'x');
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_CASE("as many descriptors as may go in one message do") {
  both_ends uut;
  std::vector<int> many(handover_channel::descriptors_max, STDERR_FILENO);
  REQUIRE(uut.one.send(handover_word::socket, "http a", many));
  auto got = uut.other.receive(1s);
  REQUIRE(got);
  REQUIRE(*got);
  CHECK((*got)->descriptors.size() == many.size());
}

TEST_CASE("silence is no error, and an end that is gone is") {
  std::optional<both_ends> uut{std::in_place};
  auto nothing = uut->other.receive(1ms);
  REQUIRE(nothing);
  CHECK_FALSE(*nothing);
  uut->one = handover_channel{unique_fd{}};
  auto gone = uut->other.receive(1s);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == errc::unavailable);
  CHECK_FALSE(uut->other.send(handover_word::ready));
}

TEST_CASE("words that nobody knows are refused") {
  both_ends uut;
  REQUIRE(::send(uut.raw, "sing loudly", 11, MSG_NOSIGNAL) == 11);
  auto got = uut.one.receive(1s);
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::bad_request);
}
