#include "backend/user_thread.hpp"

#include "plugin/plugin_settings.hpp"

#include <pthread.h>

#include <iterator>

namespace serval {

namespace {

/// How long calls run before what they produced is handed over.
constexpr duration slice = std::chrono::microseconds{500};

template <class T>
void move_behind(std::vector<T>& to, std::vector<T>& from) {
  if (to.empty())
    to.swap(from);
  else
    to.insert(to.end(), std::make_move_iterator(from.begin()),
              std::make_move_iterator(from.end()));
}

/// Where a plugin writes why it failed.
struct message_sink {
  std::string text;
  serval_sink sink{&text, [](void* text, serval_bytes bytes) noexcept {
                     static_cast<std::string*>(text)->append(bytes.data,
                                                             bytes.size);
                   }};
};

error failed(std::string what, const std::string& why) {
  return {errc::bad_plugin,
          std::move(what) + (why.empty() ? " without a message" : ": " + why)};
}

} // namespace

bool user_output::empty() const noexcept {
  return !started && lines.empty() && maps.empty() && ended_maps.empty()
         && results.empty() && reconfigured.empty() && health.empty()
         && !stopped;
}

void user_output::append(user_output later) {
  if (later.started)
    started = std::move(later.started);
  move_behind(lines, later.lines);
  move_behind(maps, later.maps);
  move_behind(ended_maps, later.ended_maps);
  move_behind(results, later.results);
  move_behind(reconfigured, later.reconfigured);
  move_behind(health, later.health);
  stopped |= later.stopped;
}

bool user_thread::input::empty() const noexcept {
  return calls.empty() && cancels.empty() && maps.empty()
         && reconfigures.empty() && health_checks == 0 && !stop;
}

// -- the control thread's side ------------------------------------------------

user_thread::user_thread(order order, backend_source source,
                         std::function<void()> wake, call_board::place* place)
  : order_(std::move(order)),
    source_(std::move(source)),
    wake_(std::move(wake)),
    place_(place == nullptr ? own_place_ : *place),
    thread_([this] { run(); }) {
  // nop
}

user_thread::~user_thread() {
  thread_.join();
}

template <class F>
void user_thread::with_input(F&& change) {
  {
    std::lock_guard guard{input_mutex_};
    change(input_);
  }
  input_came_.notify_one();
}

void user_thread::submit(std::vector<worker_call> calls) {
  with_input([&](input& next) { move_behind(next.calls, calls); });
}

void user_thread::cancel(const std::vector<call_id>& calls) {
  with_input([&](input& next) {
    next.cancels.insert(next.cancels.end(), calls.begin(), calls.end());
    cancels_wait_.store(true, std::memory_order_relaxed);
  });
}

void user_thread::map_done(map_ticket ticket, map_outcomes outcomes) {
  with_input([&](input& next) {
    next.maps.emplace_back(ticket, std::move(outcomes));
  });
}

void user_thread::reconfigure(settings settings) {
  with_input(
    [&](input& next) { next.reconfigures.push_back(std::move(settings)); });
}

void user_thread::check_health() {
  with_input([](input& next) { ++next.health_checks; });
}

void user_thread::stop() {
  with_input([](input& next) { next.stop = true; });
}

user_output user_thread::take_output() {
  std::lock_guard guard{output_mutex_};
  return std::exchange(ready_output_, {});
}

user_thread::glance user_thread::look() const noexcept {
  return {{place_.call.load(std::memory_order_relaxed)},
          time_point{duration{place_.since.load(std::memory_order_relaxed)}},
          place_.progress.load(std::memory_order_relaxed)};
}

// -- the user thread's side ---------------------------------------------------

void user_thread::run() {
  pthread_setname_np(pthread_self(), order_.backend.substr(0, 15).c_str());
  output_.started = make_instance();
  if (*output_.started) {
    flush();
    serve();
  }
  if (instance_ != nullptr)
    type_->destroy(instance_);
  output_.stopped = true;
  flush();
}

result<void> user_thread::make_instance() {
  auto found = source_(order_.backend);
  if (!found)
    return found.error();
  type_ = *found;
  auto named = "backend \"" + order_.backend + "\"";
  message_sink why;
  plugin_settings settings{order_.settings};
  instance_ = type_->create(settings.get(), &why.sink);
  if (instance_ == nullptr)
    return failed(named + " could not be constructed", why.text);
  if (type_->warm_up(instance_, &why.sink) != 0)
    return failed(named + " failed in warm_up", why.text);
  return ask_health();
}

void user_thread::serve() {
  executor runner{*type_, instance_, order_.limits, *this};
  executor_ = &runner;
  bool busy = false;
  while (take_input(busy)) {
    busy = runner.run(slice);
    flush();
  }
}

bool user_thread::take_input(bool busy) {
  input taken;
  {
    std::unique_lock guard{input_mutex_};
    auto came = [this] { return !input_.empty(); };
    if (!busy) {
      if (auto wake = executor_->next_wake())
        input_came_.wait_until(guard, *wake, came);
      else
        input_came_.wait(guard, came);
    }
    std::swap(taken, input_);
    cancels_wait_.store(false, std::memory_order_relaxed);
  }
  hand_in(taken);
  for (auto& next : taken.reconfigures)
    reconfigure_now(next);
  for (std::size_t i = 0; i < taken.health_checks; ++i)
    output_.health.push_back(ask_health());
  return !taken.stop;
}

void user_thread::hand_in(input& taken) {
  executor_->submit(std::move(taken.calls));
  for (auto call : taken.cancels)
    executor_->cancel(call);
  for (auto& [ticket, outcomes] : taken.maps)
    executor_->map_done(ticket, std::move(outcomes));
}

void user_thread::reconfigure_now(const settings& next) {
  message_sink why;
  plugin_settings settings{next};
  if (type_->reconfigure(instance_, settings.get(), &why.sink) == 0)
    output_.reconfigured.emplace_back();
  else
    output_.reconfigured.emplace_back(
      failed("backend \"" + order_.backend + "\" refused new settings",
             why.text));
}

result<void> user_thread::ask_health() {
  message_sink why;
  if (type_->health(instance_, &why.sink) == 0)
    return {};
  return failed("backend \"" + order_.backend + "\" is not healthy", why.text);
}

void user_thread::flush() {
  if (output_.empty())
    return;
  bool was_empty = false;
  {
    std::lock_guard guard{output_mutex_};
    was_empty = ready_output_.empty();
    ready_output_.append(std::move(output_));
  }
  output_ = {};
  if (was_empty)
    wake_();
}

time_point user_thread::now() {
  last_now_ = std::chrono::steady_clock::now();
  return last_now_;
}

void user_thread::finished(call_id call, outcome what) {
  output_.results.push_back({call, std::move(what)});
}

void user_thread::begin_map(map_ticket ticket, call_id call,
                            map_request request) {
  output_.maps.push_back({ticket, call, std::move(request)});
}

void user_thread::end_map(map_ticket ticket) {
  output_.ended_maps.push_back(ticket);
}

void user_thread::log(std::string_view request_id, std::uint32_t level,
                      std::string_view text) {
  output_.lines.push_back({std::string{request_id}, level, std::string{text}});
  // A line may be the last that a hung or dying call leaves behind.
  flush();
}

void user_thread::running(call_id call) {
  place_.since.store(last_now_.time_since_epoch().count(),
                     std::memory_order_relaxed);
  place_.call.store(call.value, std::memory_order_relaxed);
  place_.progress.store(place_.progress.load(std::memory_order_relaxed) + 1,
                        std::memory_order_relaxed);
}

void user_thread::check_cancels() {
  if (!cancels_wait_.load(std::memory_order_relaxed))
    return;
  input taken;
  {
    std::lock_guard guard{input_mutex_};
    // With the calls that came before them, which they may mean.
    taken.calls.swap(input_.calls);
    taken.cancels.swap(input_.cancels);
    cancels_wait_.store(false, std::memory_order_relaxed);
  }
  hand_in(taken);
}

} // namespace serval
