// Echo between CAF actors over CAF's own network layer, BASP. echo.hpp has the
// usage.

#include "echo.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <unistd.h>

namespace {

struct config : caf::actor_system_config {
  config() {
    load<caf::io::middleman>();
    // One thread for actors, beside the one that BASP has for the sockets; the
    // scheduler that does not poll while others want the core.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
    // Decoding on the socket's thread: a thread less, and faster on one core.
    set("middleman.workers", std::size_t{0});
  }
};

caf::behavior echo_actor() {
  return {[](std::string& text) { return std::move(text); }};
}

int serve(caf::actor_system& system) {
  auto port = system.middleman().publish(system.spawn(echo_actor), 0,
                                         "127.0.0.1");
  if (!port)
    echo::fail(system.render(port.error()));
  echo::print_port(*port);
  while (true)
    ::pause();
}

class source : public caf::event_based_actor {
public:
  source(caf::actor_config& config, caf::actor to, const echo::settings& what)
    : event_based_actor(config),
      to_(std::move(to)),
      what_(what),
      trips_(what.seconds) {
    // nop
  }

  caf::behavior make_behavior() override {
    for (int i = 0; i < what_.in_flight; ++i)
      next();
    // The answers have handlers of their own.
    return {[](caf::unit_t) {}};
  }

private:
  void next() {
    request(to_, caf::infinite, what_.body)
      .then([this](const std::string& answer) { answered(answer); },
            [](const caf::error&) { echo::fail("a request failed"); });
  }

  void answered(const std::string& answer) {
    if (answer.size() != what_.body.size())
      echo::fail("an answer is not what was asked");
    if (trips_.count())
      return next();
    trips_.print();
    std::fflush(stdout);
    // What is still in flight would be waited for.
    std::_Exit(0);
  }

  caf::actor to_;
  const echo::settings& what_;
  echo::round_trips trips_;
};

int ask(caf::actor_system& system, const echo::settings& what) {
  auto to = system.middleman().remote_actor("127.0.0.1", what.port);
  if (!to)
    echo::fail(system.render(to.error()));
  system.spawn<source>(*to, what);
  system.await_all_actors_done();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  config how;
  caf::actor_system system{how};
  if (echo::is_server(argc, argv))
    return serve(system);
  return ask(system, echo::client_settings(argv));
}
