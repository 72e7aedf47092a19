#pragma once

#include "backend/call_board.hpp"
#include "base/result.hpp"
#include "model/app_spec.hpp"
#include "model/call.hpp"
#include "worker/executor.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace serval {

/// What has happened on a user thread since it was last asked, each kind in its
/// order. A map begins before it ends, and ends before its call's result.
struct user_output {
  struct begun_map {
    map_ticket ticket = 0;
    call_id call;
    map_request request;
  };

  struct log_line {
    std::string request_id;
    std::uint32_t level = 0;
    std::string text;
  };

  /// Whether the instance could be made; once.
  std::optional<result<void>> started;
  std::vector<log_line> lines;
  std::vector<begun_map> maps;
  std::vector<map_ticket> ended_maps;
  std::vector<call_result> results;
  /// Answers to `reconfigure` and to `check_health`.
  std::vector<result<void>> reconfigured;
  std::vector<result<void>> health;
  /// The instance is destroyed; nothing follows.
  bool stopped = false;

  bool empty() const noexcept;

  /// Moves what `later` has behind what is here.
  void append(user_output later);
};

/// A thread that makes one instance of a backend and runs its calls. Talks to
/// one other thread, the control thread, which calls all public functions; both
/// ways are batched: whoever is busy finds everything at its next look.
class user_thread final : executor_host {
public:
  /// Finds the backend of that name, which stays valid; may block.
  using backend_source
    = std::function<result<const serval_backend_type*>(const std::string&)>;

  struct order {
    std::string backend;
    serval::settings settings;
    executor::limits limits;
  };

  /// Which call has the thread, for whoever looks for hung ones.
  struct glance {
    call_id call; ///< 0 if none.
    time_point since;
    std::uint64_t progress = 0; ///< Grows with each change.
  };

  /// `wake` is called on the new thread when output becomes available. It says
  /// at `place`, if there is one, which call has it.
  user_thread(order order, backend_source source, std::function<void()> wake,
              call_board::place* place = nullptr);

  /// Waits for the thread to end. REQUIRES: `stop` was called.
  ~user_thread() override;

  void submit(std::vector<worker_call> calls);
  void cancel(const std::vector<call_id>& calls);
  void map_done(map_ticket ticket, map_outcomes outcomes);
  void reconfigure(settings next);
  void check_health();

  /// Cancels all calls, lets them unwind, and destroys the instance.
  void stop();

  user_output take_output();

  glance look() const noexcept;

private:
  struct input {
    std::vector<worker_call> calls;
    std::vector<call_id> cancels;
    std::vector<std::pair<map_ticket, map_outcomes>> maps;
    std::vector<settings> reconfigures;
    std::size_t health_checks = 0;
    bool stop = false;

    bool empty() const noexcept;
  };

  void run();
  result<void> make_instance();
  void serve();
  bool take_input(bool busy);
  void hand_in(input& taken);
  void reconfigure_now(const settings& next);
  result<void> ask_health();
  void flush();

  time_point now() override;
  void finished(call_id call, outcome what) override;
  void begin_map(map_ticket ticket, call_id call, map_request request) override;
  void end_map(map_ticket ticket) override;
  void log(std::string_view request_id, std::uint32_t level,
           std::string_view text) override;
  void running(call_id call) override;
  void check_cancels() override;

  template <class F>
  void with_input(F&& change);

  const order order_;
  const backend_source source_;
  const std::function<void()> wake_;

  // Of the user thread.
  const serval_backend_type* type_ = nullptr;
  void* instance_ = nullptr;
  executor* executor_ = nullptr;
  time_point last_now_;
  user_output output_;

  // Of both.
  std::mutex input_mutex_;
  std::condition_variable input_came_;
  input input_;
  std::atomic<bool> cancels_wait_ = false;
  std::mutex output_mutex_;
  user_output ready_output_;
  call_board::place own_place_;
  call_board::place& place_;

  std::thread thread_;
};

} // namespace serval
