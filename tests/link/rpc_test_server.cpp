#include "link/rpc_test_server.hpp"

#include "link/plain_loop.hpp"
#include "proxy/fake_entry.hpp"
#include "proxy/rpc_listener.hpp"

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>

namespace serval {

namespace {

class silent_entry : public request_entry {
public:
  ticket start(external_request, reply_handler) override {
    std::lock_guard guard{mutex};
    ++starts;
    changed.notify_all();
    return static_cast<ticket>(starts);
  }

  void cancel(ticket) override {
    std::lock_guard guard{mutex};
    ++cancels;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  int starts = 0;
  int cancels = 0;
};

} // namespace

struct rpc_test_server::state {
  explicit state(const std::string& text) {
    echo.answer_at_once = [](const external_request& request) {
      return outcome::success(request.body);
    };
    reject.answer_at_once = [](const external_request&) {
      return outcome::reject(422, "not today");
    };
    rpc_settings settings;
    settings.now = [] { return time_point{std::chrono::steady_clock::now()}; };
    settings.wall_now = [] { return wall_time{}; };
    listener.emplace(loop.io(), settings, observer, nullptr);
    std::vector<route> routes;
    routes.push_back({.path = "/e", .application = "echo", .entry = &echo});
    routes.push_back({.path = "/r", .application = "reject", .entry = &reject});
    routes.push_back({.path = "/s", .application = "silent", .entry = &silent});
    listener->use(std::make_shared<routing_table>(std::move(routes)));
    auto address = parse_listen_address(text);
    auto listening = listener->listen(*address);
    if (!listening)
      std::abort();
    port = *listening;
    thread = std::thread{[this] { loop.run(); }};
  }

  ~state() {
    loop.post([this] {
      listener.reset();
      loop.stop();
    });
    thread.join();
  }

  plain_loop loop;
  fake_entry echo;
  fake_entry reject;
  silent_entry silent;
  fake_observer observer;
  std::optional<rpc_listener> listener;
  std::uint16_t port = 0;
  std::thread thread;
};

rpc_test_server::rpc_test_server(const std::string& address)
  : state_(std::make_unique<state>(address)) {
  // nop
}

rpc_test_server::~rpc_test_server() = default;

std::string rpc_test_server::address() const {
  return "127.0.0.1:" + std::to_string(state_->port);
}

void rpc_test_server::wait_for_starts(int count) {
  auto& entry = state_->silent;
  std::unique_lock guard{entry.mutex};
  entry.changed.wait(guard, [&] { return entry.starts >= count; });
}

void rpc_test_server::wait_for_cancels(int count) {
  auto& entry = state_->silent;
  std::unique_lock guard{entry.mutex};
  entry.changed.wait(guard, [&] { return entry.cancels >= count; });
}

} // namespace serval
