#include "node/upgrade_desk.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// SIGUSR2 waits, as it does in a node.
struct blocked_signal {
  sigset_t only{};
  sigset_t before{};

  blocked_signal() {
    sigemptyset(&only);
    sigaddset(&only, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &only, &before);
  }

  ~blocked_signal() {
    CHECK_FALSE(take());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  bool take() const {
    timespec none{};
    return sigtimedwait(&only, nullptr, &none) == SIGUSR2;
  }
};

} // namespace

TEST_CASE("an order waits at the desk, and a signal tells of it") {
  blocked_signal signal;
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
  blocked_signal signal;
  upgrade_desk uut;
  std::optional<errc> refused;
  auto note = [&](const result<upgraded>& how) { refused = how.error().code; };
  uut.ask({"/one", 5s, {}});
  CHECK(signal.take());
  static_cast<void>(uut.take());
  uut.ask({"/two", 5s, note});
  CHECK(refused == errc::conflict);
  CHECK_FALSE(signal.take());
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
