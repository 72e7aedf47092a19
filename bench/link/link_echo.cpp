// How many small messages a link carries to a peer and back: one loop a side,
// a fixed number of messages in flight. Prints one line of JSON.
//
// usage: link_echo [SECONDS [IN_FLIGHT [BYTES [tcp|unix]]]]

#include "link/link.hpp"

#include <boost/asio/io_context.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

using namespace serval;

namespace {

struct pair {
  int a;
  int b;
};

pair tcp_pair() {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, any, size) != 0 || listen(listener, 1) != 0
      || getsockname(listener, any, &size) != 0)
    std::abort();
  int a = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(a, any, size) != 0)
    std::abort();
  int b = accept(listener, nullptr, nullptr);
  close(listener);
  return {a, b};
}

pair unix_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
    std::abort();
  return {ends[0], ends[1]};
}

struct echo : link_handler {
  void on_ready(const link_hello&) override {
    // nop
  }
  void on_message(traffic_class traffic, bytes_view message) override {
    if (!connection.send(traffic, message))
      std::abort();
  }
  void on_closed(const error&) override {
    loop->stop();
  }
  peer_link connection;
  boost::asio::io_context* loop = nullptr;
};

struct source : link_handler {
  void on_ready(const link_hello&) override {
    start = std::chrono::steady_clock::now();
    for (int i = 0; i < in_flight; ++i)
      next();
  }
  void next() {
    if (!connection.send(traffic_class::request, as_bytes_view(body)))
      std::abort();
  }
  void on_message(traffic_class, bytes_view) override {
    if (++done % 1024 != 0 || std::chrono::steady_clock::now() - start < span)
      return next();
    elapsed = std::chrono::steady_clock::now() - start;
    connection.close();
    loop->stop();
  }
  void on_closed(const error& why) override {
    std::fprintf(stderr, "%s\n", why.message.c_str());
    std::abort();
  }
  peer_link connection;
  boost::asio::io_context* loop = nullptr;
  std::string body;
  int in_flight = 0;
  std::chrono::steady_clock::duration span;
  std::chrono::steady_clock::time_point start;
  std::chrono::steady_clock::duration elapsed;
  std::uint64_t done = 0;
};

} // namespace

int main(int argc, char** argv) {
  double seconds = argc > 1 ? std::atof(argv[1]) : 2;
  int in_flight = argc > 2 ? std::atoi(argv[2]) : 64;
  int bytes = argc > 3 ? std::atoi(argv[3]) : 64;
  std::string kind = argc > 4 ? argv[4] : "tcp";
  auto ends = kind == "tcp" ? tcp_pair() : unix_pair();
  boost::asio::io_context here{1};
  boost::asio::io_context there{1};
  echo server;
  server.loop = &there;
  server.connection = peer_link{there, ends.b, {}, server};
  source client;
  client.loop = &here;
  client.body.assign(static_cast<std::size_t>(bytes), 'x');
  client.in_flight = in_flight;
  client.span
    = std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
  client.connection = peer_link{here, ends.a, {}, client};
  std::thread other{[&] { there.run(); }};
  here.run();
  other.join();
  double took = std::chrono::duration<double>(client.elapsed).count();
  std::printf("{\"bench\": \"link_echo\", \"socket\": \"%s\", "
              "\"in_flight\": %d, \"bytes\": %d, "
              "\"round_trips_per_second\": %.0f}\n",
              kind.c_str(), in_flight, bytes,
              static_cast<double>(client.done) / took);
}
