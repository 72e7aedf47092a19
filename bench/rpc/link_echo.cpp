// Echo over a bare link: client -> link -> handler and back. echo.hpp has the
// usage.

#include "echo.hpp"

#include "link/link.hpp"
#include "link/link_dialer.hpp"
#include "link/link_listener.hpp"
#include "link/plain_loop.hpp"

#include <deque>

using namespace serval;

namespace {

struct echo_handler : link_handler {
  void on_ready(const link_hello&) override {
    // nop
  }

  void on_message(traffic_class traffic, bytes_view message) override {
    if (!connection.send(traffic, message))
      echo::fail("the link refused an answer");
  }

  void on_closed(const error&) override {
    // nop
  }

  peer_link connection;
};

int serve() {
  plain_loop loop;
  // Each client's; never removed, since the program ends with the scenario.
  std::deque<echo_handler> clients;
  auto listener = link_listener::open(
    loop.io(), {"127.0.0.1", 0, {}}, address_sharing::none,
    [&](unique_fd socket) {
      auto& client = clients.emplace_back();
      client.connection = peer_link{loop.io(), socket.release(), {}, client};
    });
  if (!listener)
    echo::fail(listener.error().message);
  echo::print_port(listener->address().port);
  loop.run();
  return 0;
}

struct source : link_handler {
  source(plain_loop& loop, const echo::settings& what)
    : loop(loop),
      what(what),
      trips(what.seconds),
      dialer(loop.io(), {"127.0.0.1", what.port, {}}, {}, {}, 1, *this) {
    // nop
  }

  void on_ready(const link_hello&) override {
    for (int i = 0; i < what.in_flight; ++i)
      next();
  }

  void next() {
    if (!dialer.send(traffic_class::request, as_bytes_view(what.body)))
      echo::fail("the link refused a message");
  }

  void on_message(traffic_class, bytes_view message) override {
    if (message.size() != what.body.size())
      echo::fail("an answer is not what was asked");
    if (over)
      return;
    over = !trips.count();
    if (over)
      loop.stop();
    else
      next();
  }

  void on_closed(const error& why) override {
    echo::fail(why.message);
  }

  plain_loop& loop;
  const echo::settings& what;
  echo::round_trips trips;
  link_dialer dialer;
  bool over = false;
};

int ask(const echo::settings& what) {
  plain_loop loop;
  source client{loop, what};
  loop.run();
  client.trips.print();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (echo::is_server(argc, argv))
    return serve();
  return ask(echo::client_settings(argv));
}
