// Goal: a new daemon takes what is handed over in its order, and nothing else.
// Method: the test is the old daemon.
#include "upgrade/predecessor.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

struct old_daemon {
  std::pair<unique_fd, unique_fd> sockets
    = std::move(*handover_channel::make_sockets());
  handover_channel channel{std::move(sockets.first)};
  predecessor uut{handover_channel{std::move(sockets.second)}};

  /// Says so, what a socket keeps until it is read.
  void says(handover_word word, std::string_view text = {},
            std::span<const int> descriptors = {}) {
    REQUIRE(channel.send(word, text, descriptors));
  }

  handover_word hears() {
    auto said = channel.receive(1s);
    REQUIRE(said);
    REQUIRE(*said);
    return (*said)->word;
  }
};

constexpr int any_descriptor = STDERR_FILENO;

} // namespace

TEST_CASE("hello can be read back, and nothing like it") {
  auto hello = parse_hello(to_string({2, 5, "1.2.3"}));
  REQUIRE(hello);
  CHECK(hello->protocol_min == 2);
  CHECK(hello->protocol_max == 5);
  CHECK(hello->version == "1.2.3");
  for (const auto* bad : {"", "1", "1 2", "1 2 ", "x 2 v", "1 -2 v"})
    CHECK_FALSE(parse_hello(bad));
}

TEST_CASE("what is handed over is there when the orders are") {
  old_daemon old;
  old.says(handover_word::socket, "http 127.0.0.1:80", {&any_descriptor, 1});
  old.says(handover_word::lock, {}, {&any_descriptor, 1});
  old.says(handover_word::prepare, "/orders");
  REQUIRE(old.uut.meet());
  CHECK(old.hears() == handover_word::hello);
  CHECK(old.uut.orders_path() == "/orders");
  CHECK(old.uut.take_lock().get() >= 0);
  CHECK(old.uut.sockets().take("http", {"127.0.0.1", 80}, 1));

  old.says(handover_word::take, "/last orders");
  REQUIRE(old.uut.tell_ready());
  CHECK(old.hears() == handover_word::ready);
  CHECK(old.uut.orders_path() == "/last orders");
  REQUIRE(old.uut.tell_serving());
  CHECK(old.hears() == handover_word::serving);
}

TEST_CASE("a daemon that speaks out of turn is not followed") {
  old_daemon early;
  early.says(handover_word::take, "/orders");
  CHECK_FALSE(early.uut.meet());
  old_daemon bare;
  bare.says(handover_word::lock);
  CHECK_FALSE(bare.uut.meet());
  old_daemon late;
  late.says(handover_word::serving);
  CHECK_FALSE(late.uut.tell_ready());
}

TEST_CASE("a daemon that is gone hands nothing over") {
  old_daemon old;
  old.channel = handover_channel{unique_fd{}};
  CHECK_FALSE(old.uut.meet());
}
