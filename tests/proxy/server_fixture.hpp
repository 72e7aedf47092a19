#pragma once

#include "proxy/http_server.hpp"
#include "raw_client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace serval {

/// Answers `/hold…` when told to, and everything else at once with the body of
/// the request, or as `custom` says.
class test_handler : public http_handler {
public:
  std::optional<http_response> refuse(const request_head& head) override {
    if (!head.path.starts_with("/secret"))
      return std::nullopt;
    http_response response;
    response.status = 401;
    return response;
  }

  void handle(http_exchange& exchange) override {
    ++handled;
    auto& request = exchange.request();
    if (request.head.path.starts_with("/hold")) {
      held.push_back(&exchange);
      ++held_count;
      return;
    }
    if (custom)
      return exchange.respond(*custom);
    exchange.respond(echo(request));
  }

  void client_gone(http_exchange& exchange) override {
    std::erase(held, &exchange);
    ++gone;
  }

  void tick() override {
    ++ticks;
  }

  void shed(shed_reason why) override {
    ++shed_for[static_cast<std::size_t>(why)];
  }

  int shed_because(shed_reason why) const {
    return shed_for[static_cast<std::size_t>(why)];
  }

  void refused(int, std::string_view) override {
    ++refusals;
  }

  static http_response echo(http_request& request) {
    http_response response;
    response.content_type = "text/plain";
    response.body = std::move(request.body);
    return response;
  }

  std::vector<http_exchange*> held;
  std::optional<http_response> custom;
  std::atomic<int> handled = 0;
  std::atomic<int> held_count = 0;
  std::atomic<int> gone = 0;
  std::atomic<int> ticks = 0;
  std::atomic<int> refusals = 0;
  std::array<std::atomic<int>, shed_reason_count> shed_for{};
};

/// A server on a loop with a thread of its own.
class server_fixture {
public:
  explicit server_fixture(http_limits limits = {}) {
    server.emplace(loop, handler, limits);
    port = *server->listen({"127.0.0.1", 0});
    thread = std::thread{[this] { loop.run(); }};
  }

  ~server_fixture() {
    on_loop([this] { server.reset(); });
    guard.reset();
    thread.join();
  }

  /// Runs `f` on the loop and waits for it.
  void on_loop(auto f) {
    std::promise<void> done;
    boost::asio::post(loop, [&] {
      f();
      done.set_value();
    });
    done.get_future().wait();
  }

  void answer_held() {
    on_loop([this] {
      for (auto exchange : std::exchange(handler.held, {}))
        exchange->respond(test_handler::echo(exchange->request()));
    });
  }

  http_server_stats stats() {
    http_server_stats result;
    on_loop([&] { result = server->stats(); });
    return result;
  }

  /// Waits until `condition` holds; the test runner limits how long.
  static void wait_for(auto condition) {
    while (!condition())
      std::this_thread::yield();
  }

  boost::asio::io_context loop{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    guard{loop.get_executor()};
  test_handler handler;
  std::optional<http_server> server;
  std::uint16_t port = 0;
  std::thread thread;
};

inline std::string request_of(std::string_view method, std::string_view target,
                              std::string_view body = "",
                              std::string_view fields = "") {
  std::string result{method};
  result += ' ';
  result += target;
  result += " HTTP/1.1\r\nHost: a\r\n";
  result += fields;
  if (!body.empty())
    result += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  result += "\r\n";
  result += body;
  return result;
}

} // namespace serval
