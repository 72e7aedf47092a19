// Goal: actors on loops behave as the design asks: each runs on its home loop
// only, a flooded one does not shut out what else is ready there.
// Method: a real actor system on two real loops; waiting is done on promises.

#include "loop/loop.hpp"

#include "actor/loop_actor.hpp"
#include "loop/loop_coordinator.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include <unistd.h>

using namespace serval;

namespace {

struct two_loops {
  std::vector<std::unique_ptr<loop>> loops = make_loops(2);
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;

  two_loops() {
    run_actors_on(config, loops);
    system = std::make_unique<caf::actor_system>(config);
    for (auto& each : loops)
      each->start();
  }
};

/// Counts messages; notes whether any came on a foreign thread. Keeps the last
/// promise that it was given until that many messages have come.
class counter final : public loop_actor {
public:
  counter(caf::actor_config& config, std::atomic<int>* foreign,
          std::promise<void>* done, int expected)
    : loop_actor(config), foreign_(foreign), done_(done), expected_(expected) {
    // nop
  }

  caf::behavior make_behavior() override {
    return {[this](int peer_turns) {
      if (!home()->is_current())
        ++*foreign_;
      if (++seen_ == expected_)
        done_->set_value();
      if (peer_turns > 0)
        anon_send(peer, peer_turns - 1);
    },
            [this](const caf::actor& other) { peer = other; }};
  }

  void on_exit() override {
    peer = nullptr; // Which mostly keeps this one.
  }

private:
  std::atomic<int>* foreign_;
  std::promise<void>* done_;
  int expected_;
  int seen_ = 0;
  caf::actor peer;
};

/// Keeps something for as long as it lives.
class holder final : public loop_actor {
public:
  holder(caf::actor_config& config, std::shared_ptr<int> what)
    : loop_actor(config), what_(std::move(what)) {
    // nop
  }

  caf::behavior make_behavior() override {
    return {[](int) {}};
  }

private:
  std::shared_ptr<int> what_;
};

/// A socket on a loop that answers each byte with itself.
class echo_socket {
public:
  explicit echo_socket(loop& home)
    : inside_(home.io()), outside_(idle_) {
    boost::asio::local::connect_pair(inside_, outside_);
    home.post([this] { read(); });
  }

  /// Sends a byte from outside and waits for it.
  bool answers() {
    char byte = 'x';
    return ::write(outside_.native_handle(), &byte, 1) == 1
           && ::read(outside_.native_handle(), &byte, 1) == 1;
  }

private:
  void read() {
    inside_.async_read_some(
      boost::asio::buffer(&byte_, 1),
      [this](const boost::system::error_code& code, std::size_t) {
        if (code)
          return;
        boost::asio::write(inside_, boost::asio::buffer(&byte_, 1));
        read();
      });
  }

  boost::asio::io_context idle_;
  boost::asio::local::stream_protocol::socket inside_;
  boost::asio::local::stream_protocol::socket outside_;
  char byte_ = 0;
};

} // namespace

TEST_CASE("an actor runs on its home loop, whoever wakes it") {
  std::atomic<int> foreign = 0;
  std::promise<void> done_a;
  std::promise<void> done_b;
  {
    two_loops world;
    auto a = spawn_at<counter>(*world.system, world.loops[0].get(), &foreign,
                               &done_a, 500);
    auto b = spawn_at<counter>(*world.system, world.loops[1].get(), &foreign,
                               &done_b, 500);
    caf::anon_send(a, b);
    caf::anon_send(b, a);
    caf::anon_send(a, 999);
    done_a.get_future().wait();
    done_b.get_future().wait();
    caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(b, caf::exit_reason::user_shutdown);
  }
  CHECK(foreign == 0);
}

TEST_CASE("while an actor is flooded, the sockets of its loop stay served") {
  std::atomic<int> foreign = 0;
  std::promise<void> flood_done;
  two_loops world;
  auto& home = *world.loops[0];
  echo_socket echo{home};
  constexpr int flood = 200'000;
  auto flooded = spawn_at<counter>(*world.system, &home, &foreign, &flood_done,
                                   flood);
  std::promise<void> queued;
  home.post([&] {
    // Queued from the loop itself: none of it is handled before this returns.
    for (int i = 0; i < flood; ++i)
      caf::anon_send(flooded, 0);
    queued.set_value();
  });
  queued.get_future().wait();
  auto finished = flood_done.get_future();
  int served = 0;
  while (finished.wait_for(std::chrono::seconds{0})
         != std::future_status::ready) {
    REQUIRE(echo.answers());
    ++served;
  }
  CHECK(served > 1);
  caf::anon_send_exit(flooded, caf::exit_reason::user_shutdown);
}

TEST_CASE("a loop's timers fire on the loop") {
  two_loops world;
  auto& home = *world.loops[1];
  struct one_shot final : timer {
    loop* home = nullptr;
    std::promise<bool> fired;
    void on_timer(time_point) override {
      fired.set_value(home->is_current());
    }
  } late, early;
  late.home = early.home = &home;
  home.post([&] {
    auto now = loop::now();
    home.arm(late, now + std::chrono::milliseconds{2});
    home.arm(early, now + std::chrono::milliseconds{1});
  });
  CHECK(early.fired.get_future().get());
  CHECK(late.fired.get_future().get());
}

TEST_CASE("an actor that was woken as its loop stopped is not leaked") {
  auto kept = std::make_shared<int>(1);
  std::weak_ptr<int> seen = kept;
  {
    two_loops world;
    world.system->await_actors_before_shutdown(false);
    auto& home = *world.loops[0];
    auto actor = spawn_at<holder>(*world.system, &home, std::move(kept));
    std::promise<void> busy;
    home.post([&] {
      busy.set_value();
      while (!home.io().stopped())
        std::this_thread::yield();
    });
    busy.get_future().wait();
    caf::anon_send(actor, 1);
    actor = nullptr;
    world.system.reset();
  }
  CHECK(seen.expired());
}
