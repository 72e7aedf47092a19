// Serval's HTTP server alone, on one loop, answering an empty 200: what is left
// of the HTTP budget before the data plane behind it.
//
// usage: http_server PORT

#include "proxy/http_server.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <cstdlib>
#include <iostream>

using namespace serval;

namespace {

class echo_ok : public http_handler {
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

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: http_server PORT\n";
    return 2;
  }
  boost::asio::io_context loop{1};
  echo_ok handler;
  http_server server{loop, handler};
  auto port = server.listen(
    {"127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1]))});
  if (!port) {
    std::cerr << port.error().message << '\n';
    return 1;
  }
  loop.run();
}
