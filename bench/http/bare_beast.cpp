// The yardstick of the HTTP budget: Boost.Beast as its own examples use it, on
// one loop, with keep-alive and an empty 200.
//
// usage: bare_beast PORT

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <cstdlib>
#include <iostream>
#include <memory>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using socket_type
  = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;

namespace {

class session : public std::enable_shared_from_this<session> {
public:
  explicit session(socket_type socket) : socket_(std::move(socket)) {
    // nop
  }

  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_,
                     [self = shared_from_this()](auto failure, std::size_t) {
                       if (!failure)
                         self->write();
                     });
  }

private:
  void write() {
    response_ = {http::status::ok, request_.version()};
    response_.set(http::field::content_type, "text/plain");
    response_.keep_alive(request_.keep_alive());
    response_.body() = "ok";
    response_.prepare_payload();
    http::async_write(socket_, response_,
                      [self = shared_from_this()](auto failure, std::size_t) {
                        if (!failure && self->response_.keep_alive())
                          self->read();
                      });
  }

  socket_type socket_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

void accept(tcp::acceptor& acceptor, asio::io_context& loop) {
  auto socket = std::make_shared<socket_type>(loop);
  acceptor.async_accept(*socket, [&, socket](auto failure) {
    if (!failure) {
      socket->set_option(tcp::no_delay{true});
      std::make_shared<session>(std::move(*socket))->read();
    }
    accept(acceptor, loop);
  });
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: bare_beast PORT\n";
    return 2;
  }
  asio::io_context loop{1};
  tcp::endpoint endpoint{asio::ip::make_address("127.0.0.1"),
                         static_cast<unsigned short>(std::atoi(argv[1]))};
  tcp::acceptor acceptor{loop, endpoint};
  accept(acceptor, loop);
  loop.run();
}
