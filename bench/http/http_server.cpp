// Serval's HTTP side alone, on one loop: what is left of the HTTP budget before
// the data plane behind it.
//
// usage: http_server PORT [ingress]
//
// Answers a short 200 at once; with `ingress` by way of routes, request fields
// and an application that does nothing.

#include "proxy/http_server.hpp"
#include "proxy/ingress.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <cstdlib>
#include <iostream>

using namespace serval;

namespace {

class handle_at_once : public http_handler {
public:
  void handle(http_exchange& exchange) override {
    http_response response;
    response.content_type = "text/plain";
    response.body = "ok";
    exchange.respond(std::move(response));
  }

  void client_gone(http_exchange&) override {
    // nop
  }
};

class answer_at_once : public request_entry {
public:
  ticket start(external_request, reply_handler on_reply) override {
    on_reply(outcome::success("ok"));
    return 0;
  }

  void cancel(ticket) override {
    // nop
  }
};

class observe_nothing : public request_observer {
public:
  void request_started(std::string_view) override {
    // nop
  }

  void request_finished(std::string_view, int, duration) override {
    // nop
  }

  void request_refused(std::string_view, int) override {
    // nop
  }
};

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: http_server PORT [ingress]\n";
    return 2;
  }
  boost::asio::io_context loop{1};
  handle_at_once plain;
  answer_at_once entry;
  observe_nothing observer;
  ingress_settings settings;
  settings.now = [] { return time_point{std::chrono::steady_clock::now()}; };
  settings.wall_now = [] { return wall_time{}; };
  ingress routed{settings, observer, nullptr};
  std::vector<route> routes(1);
  routes[0].path = "/";
  routes[0].methods = {"GET", "POST"};
  routes[0].entry = &entry;
  routed.use(std::make_shared<routing_table>(std::move(routes)));
  auto& handler = argc > 2 ? static_cast<http_handler&>(routed) : plain;
  http_server server{loop, handler};
  auto port = server.listen(
    {"127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1]))});
  if (!port) {
    std::cerr << port.error().message << '\n';
    return 1;
  }
  loop.run();
}
