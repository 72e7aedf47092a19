#pragma once

#include "backend/liar.hpp"
#include "backend/process_body.hpp"
#include "backend/process_pool.hpp"
#include "base/sha256.hpp"
#include "support/test_plugin.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

namespace serval {

inline constexpr std::chrono::seconds patience{30};

/// What a body told, for another thread to wait for.
class recorder final : public worker_body_events {
public:
  /// Waits until `met(*this)`, which is called under the lock.
  template <class F>
  void await(F&& met) {
    std::unique_lock guard{mutex_};
    bool in_time
      = changed_.wait_for(guard, patience, [&] { return met(*this); });
    INFO("last message: ", why.message);
    REQUIRE(in_time);
  }

  void await_ready() {
    await([](auto& self) { return self.is_ready || self.is_ended; });
    INFO(why.message);
    REQUIRE(is_ready);
  }

  error await_end() {
    await([](auto& self) { return self.is_ended; });
    return why;
  }

  outcome await_result(std::uint64_t id) {
    await([id](auto& self) { return self.results.contains(id); });
    return results.at(id);
  }

  void ready() override {
    change([&] { is_ready = true; });
  }

  void ended(bool stopped, error what) override {
    change([&] {
      is_ended = true;
      was_stopped = stopped;
      why = std::move(what);
    });
  }

  void losing(lost_calls what) override {
    change([&] { lost = std::move(what); });
  }

  void health_checked(result<void> how) override {
    change([&] { health.push_back(std::move(how)); });
  }

  void silent(bool is) override {
    change([&] { is_silent = is; });
  }

  void finished(std::vector<call_result> all, duration) override {
    change([&] {
      for (auto& each : all) {
        twice |= results.contains(each.id.value);
        results[each.id.value] = std::move(each.what);
      }
    });
  }

  void begin_map(map_ticket ticket, call_id call,
                 map_request request) override {
    change([&] {
      maps.push_back(ticket);
      map_calls.push_back(call);
      requests.push_back(request);
    });
    if (on_map)
      on_map(ticket, request);
  }

  void end_map(map_ticket ticket) override {
    change([&] { ended_maps.push_back(ticket); });
  }

  void log(std::string_view, std::uint32_t, std::string_view text) override {
    change([&] { lines.emplace_back(text); });
  }

  bool is_ready = false;
  bool is_ended = false;
  bool was_stopped = false;
  bool twice = false;
  bool is_silent = false;
  std::vector<result<void>> health;
  lost_calls lost;
  error why;
  std::map<std::uint64_t, outcome> results;
  std::vector<map_ticket> maps;
  std::vector<call_id> map_calls;
  std::vector<map_request> requests;
  std::vector<map_ticket> ended_maps;
  std::vector<std::string> lines;
  /// On the loop.
  std::function<void(map_ticket, const map_request&)> on_map;

private:
  template <class F>
  void change(F&& how) {
    std::lock_guard guard{mutex_};
    how();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
};

/// A loop and a spawner.
struct process_world {
  process_world() {
    home.start();
  }

  ~process_world() {
    home.stop();
  }

  /// Runs `what` on the loop and waits for it.
  template <class F>
  auto on_loop(F&& what) {
    std::packaged_task<decltype(what())()> task{std::forward<F>(what)};
    auto done = task.get_future();
    home.post([&task] { task(); });
    return done.get();
  }

  static process_options options(const std::string& plugin) {
    process_options made;
    made.label = "test";
    made.plugin_name = plugin + ".so";
    made.plugin_path = test_plugin(plugin);
    made.plugin_sha256 = *sha256_hex_of_file(made.plugin_path);
    return made;
  }

  spawner& spawner_of(const process_options& what) {
    return what.label == liar_label ? liars : from;
  }

  loop home{0};
  spawner from;
  /// Its processes are this program, which lies when it is started as one.
  spawner liars{"/proc/self/exe"};
};

/// One worker in a process of its own.
class one_worker {
public:
  one_worker(process_world& world, std::string backend,
             process_options options = process_world::options("test_strategy"),
             settings config = {})
    : world_(world) {
    body_order order{std::move(backend), std::move(config), {}};
    order.limits.queue = 100'000;
    world_.on_loop([&] {
      auto& from = world_.spawner_of(options);
      body_ = std::make_unique<process_body>(
        worker_process::start(world_.home, from, std::move(options)),
        std::move(order), told);
    });
  }

  ~one_worker() {
    drop();
  }

  void drop() {
    world_.on_loop([&] { body_.reset(); });
  }

  static worker_call call(std::uint64_t id, std::string body,
                          duration within = std::chrono::hours{1}) {
    auto context = std::make_shared<request_context>();
    context->request_id = "request-" + std::to_string(id);
    context->deadline = loop::now() + within;
    return {call_id{id}, 0, std::move(context), payload::own(std::move(body))};
  }

  void submit(std::vector<worker_call> calls) {
    world_.on_loop([&] { body_->submit(std::move(calls)); });
  }

  void submit(std::uint64_t id, std::string body,
              duration within = std::chrono::hours{1}) {
    submit({call(id, std::move(body), within)});
  }

  outcome ask(std::uint64_t id, std::string body) {
    submit(id, std::move(body));
    return told.await_result(id);
  }

  pid_t pid() {
    return static_cast<pid_t>(world_.on_loop([&] { return body_->pid(); }));
  }

  process_body& body() {
    return *body_;
  }

  recorder told;

private:
  process_world& world_;
  std::unique_ptr<process_body> body_;
};

} // namespace serval
