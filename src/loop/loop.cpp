#include "loop/loop.hpp"

#include "base/assert.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <pthread.h>

namespace serval {

namespace asio = boost::asio;

struct loop::state {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{
    io.get_executor()};
  std::thread thread;
  std::atomic<std::thread::id> thread_id;
  /// What waits for its turn: an actor, or a task.
  struct ready_item {
    caf::resumable* actor = nullptr;
    std::shared_ptr<loop_task> task;
  };
  std::deque<ready_item> ready;
  /// Actors that other threads have woken. Not in handlers, which may be
  /// dropped without having run: each of these holds a reference.
  std::mutex woken_mutex;
  std::vector<caf::resumable*> woken;
  timer_queue timers;
  asio::steady_timer wake_up{io};
  /// When `wake_up` fires; `max` if it is not set.
  time_point wake_up_due = time_point::max();
};

loop::loop(std::size_t index)
  : index_(index), state_(std::make_unique<state>()) {
  // nop
}

loop::~loop() {
  stop();
}

void loop::start() {
  SERVAL_ASSERT(!state_->thread.joinable());
  state_->thread = std::thread{[this] {
    state_->thread_id = std::this_thread::get_id();
    auto name = "loop-" + std::to_string(index_);
    pthread_setname_np(pthread_self(), name.c_str());
    run();
  }};
}

void loop::stop() {
  SERVAL_ASSERT(!is_current());
  state_->io.stop();
  if (state_->thread.joinable())
    state_->thread.join();
  state_->thread_id = std::thread::id{};
}

bool loop::drop_actors() {
  SERVAL_ASSERT(!state_->thread.joinable());
  take_woken();
  auto dropped = std::exchange(state_->ready, {});
  for (auto& each : dropped)
    if (each.actor != nullptr)
      caf::scheduler::abstract_coordinator::cleanup_and_release(each.actor);
  return !dropped.empty();
}

asio::io_context& loop::io() noexcept {
  return state_->io;
}

bool loop::is_current() const noexcept {
  return state_->thread_id.load(std::memory_order_relaxed)
         == std::this_thread::get_id();
}

void loop::post(std::function<void()> what) {
  asio::post(state_->io, std::move(what));
}

time_point loop::now() noexcept {
  return std::chrono::steady_clock::now();
}

void loop::arm(timer& what, time_point due) {
  SERVAL_ASSERT(is_current());
  state_->timers.arm(what, due);
  if (due < state_->wake_up_due)
    arm_wake_up();
}

void loop::arm_wake_up() {
  auto next = state_->timers.next();
  if (!next) {
    state_->wake_up_due = time_point::max();
    return;
  }
  state_->wake_up_due = *next;
  state_->wake_up.expires_at(*next);
  state_->wake_up.async_wait([this](const boost::system::error_code& code) {
    if (code)
      return; // Set anew for an earlier timer.
    state_->wake_up_due = time_point::max();
    state_->timers.fire(now());
    if (state_->wake_up_due == time_point::max())
      arm_wake_up();
  });
}

void loop::attach(caf::actor_system& system) noexcept {
  system_ = &system;
}

void loop::exec_later(caf::resumable* job) {
  if (is_current()) {
    state_->ready.push_back({job, nullptr});
    return;
  }
  bool first = false;
  {
    std::lock_guard guard{state_->woken_mutex};
    first = state_->woken.empty();
    state_->woken.push_back(job);
  }
  if (first)
    asio::post(state_->io, [this] { take_woken(); });
}

void loop::take_woken() {
  std::vector<caf::resumable*> woken;
  {
    std::lock_guard guard{state_->woken_mutex};
    woken.swap(state_->woken);
  }
  for (auto* each : woken)
    state_->ready.push_back({each, nullptr});
}

void loop::run_soon(std::shared_ptr<loop_task> what) {
  SERVAL_ASSERT(is_current());
  if (std::exchange(what->queued_, true))
    return;
  state_->ready.push_back({nullptr, std::move(what)});
}

void loop::run() {
  auto& io = state_->io;
  // Many handlers in a row, then all that they made ready, is kinder to the
  // processor's caches than one at a time. But looking for more when there is
  // none costs a system call: it is done while the loop has hardly to wait.
  bool crowded = false;
  auto idle_since = now();
  while (!io.stopped()) {
    std::size_t handlers = 0;
    if (state_->ready.empty())
      handlers = io.run_one();
    else
      crowded = true;
    if (crowded)
      while (handlers < handlers_between_batches && io.poll_one() > 0)
        ++handlers;
    auto began = now();
    crowded = handlers > 1 || began - idle_since < crowded_gap;
    idle_since = run_batch(began);
  }
}

time_point loop::run_batch(time_point began) {
  auto time = began;
  while (!state_->ready.empty() && time < began + time_per_batch) {
    auto next = std::move(state_->ready.front());
    state_->ready.pop_front();
    if (next.actor != nullptr) {
      run_turn(next.actor);
    } else {
      next.task->queued_ = false;
      next.task->run();
    }
    time = now();
  }
  return time;
}

void loop::run_turn(caf::resumable* job) {
  switch (job->resume(this, messages_per_turn)) {
    case caf::resumable::resume_later:
      state_->ready.push_back({job, nullptr});
      break;
    case caf::resumable::done:
    case caf::resumable::awaiting_message:
      caf::intrusive_ptr_release(job);
      break;
    case caf::resumable::shutdown_execution_unit:
      break;
  }
}

std::vector<std::unique_ptr<loop>> make_loops(std::size_t count) {
  if (count == 0)
    count = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::unique_ptr<loop>> loops;
  for (std::size_t i = 0; i < count; ++i)
    loops.push_back(std::make_unique<loop>(i));
  return loops;
}

} // namespace serval
