#include "node/upgrade_desk.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

using namespace serval;
using namespace std::chrono_literals;

namespace {

std::atomic<int> rings = 0;

/// SIGUSR2 is counted, whichever thread of the tests gets it.
struct counted_signal {
  void (*before)(int) = std::signal(SIGUSR2, [](int) { ++rings; });

  ~counted_signal() {
    CHECK(rings == 0);
    std::signal(SIGUSR2, before);
  }

  static bool take() {
    auto end = std::chrono::steady_clock::now() + 10s;
    while (rings == 0 && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    return rings.exchange(0) == 1;
  }
};

} // namespace

TEST_CASE("an order waits at the desk, and a signal tells of it") {
  counted_signal signal;
  upgrade_desk uut;
  int answers = 0;
  uut.ask({"/new", 5s, [&](const result<upgraded>& how) {
             ++answers;
             CHECK(how.has_value());
           }});
  CHECK(signal.take());
  auto order = uut.take();
  CHECK(order.binary == "/new");
  CHECK(order.patience == 5s);
  order.on_reply(upgraded{1, "2"});
  CHECK(answers == 1);
}

TEST_CASE("a second order is refused until the first is done") {
  counted_signal signal;
  upgrade_desk uut;
  std::optional<errc> refused;
  auto note = [&](const result<upgraded>& how) { refused = how.error().code; };
  uut.ask({"/one", 5s, {}});
  CHECK(signal.take());
  static_cast<void>(uut.take());
  uut.ask({"/two", 5s, note});
  CHECK(refused == errc::conflict);
  CHECK(rings == 0);
  uut.done();
  uut.ask({"/three", 5s, note});
  CHECK(signal.take());
  CHECK(uut.take().binary == "/three");
}

TEST_CASE("a signal without an order is one for the daemon's own binary") {
  upgrade_desk uut;
  auto order = uut.take();
  CHECK(order.binary.empty());
  order.on_reply(upgraded{});
}
