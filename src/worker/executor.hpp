#pragma once

#include "base/time.hpp"
#include "model/call.hpp"

#include <serval/plugin.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Names a map that an executor has begun; unique within the executor.
using map_ticket = std::uint64_t;

/// What an executor asks of the world around it. All on the executor's thread;
/// none may call back into the executor before it returns.
class executor_host {
public:
  virtual ~executor_host() = default;

  /// The monotonic time.
  virtual time_point now() = 0;

  /// A submitted call has ended. Exactly once per call.
  virtual void finished(call_id call, outcome what) = 0;

  /// User code wants pieces done; `executor::map_done` is the answer. `call`
  /// is the one that waits.
  virtual void begin_map(map_ticket ticket, call_id call, map_request request)
    = 0;

  /// Nobody waits for that map any more; `map_done` need not come.
  virtual void end_map(map_ticket ticket) = 0;

  /// A line for the operator's log; `level` is a serval_log_level.
  virtual void log(std::string_view request_id, std::uint32_t level,
                   std::string_view text)
    = 0;

  /// User code of `call` is about to run on the thread, or, if `call` is none,
  /// has left it: for whoever looks for calls that hang.
  virtual void running(call_id) {
    // nop
  }

  /// User code asks whether anybody still waits for it. A host that hears of
  /// cancellations on another thread hands them in here: unlike all other
  /// functions, this one may call `executor::submit` and `executor::cancel`.
  virtual void check_cancels() {
    // nop
  }
};

/// Runs the calls of one worker: user code in fibers on one thread, which is
/// the thread that calls into the executor. Knows neither actors nor sockets,
/// so that a loop and a worker process can both have one.
class executor {
public:
  struct limits {
    /// Calls that run or sleep at once; one that waits for a map does not
    /// count, but needs a slot again before it goes on.
    std::uint32_t concurrency = 1;
    /// Calls that may wait for a slot.
    std::uint32_t queue = 1024;
    std::uint32_t stack_bytes = 256 * 1024;
  };

  /// `backend` and `instance` come from a plugin that stays loaded while the
  /// executor lives; the executor does not destroy the instance.
  executor(const serval_backend_type& backend, void* instance, limits limits,
           executor_host& host);

  executor(const executor&) = delete;
  executor& operator=(const executor&) = delete;

  /// Cancels all calls and runs them to their ends.
  ~executor();

  /// The table that plugins are loaded with.
  static const serval_host& host_table();

  /// Queues calls. Refuses those with `overload` that the queue has no room
  /// for.
  void submit(std::vector<worker_call> calls);

  /// Tells a call that nobody waits for it. It ends with `cancelled`, at once
  /// if it has not started. No effect on an unknown call.
  void cancel(call_id call);

  /// Answers `begin_map`. Unknown tickets are ignored: the map was ended.
  void map_done(map_ticket ticket, map_outcomes outcomes);

  /// Runs what is ready until nothing is, or until `budget` is used up; true if
  /// something is still ready. Also wakes sleepers that are due.
  bool run(duration budget);

  /// When `run` has something to do again, if nothing else happens.
  std::optional<time_point> next_wake() const;

  /// For how long any call has had a slot since this was last asked: what a
  /// busy worker takes for the calls that have ended meanwhile.
  duration take_busy_time() noexcept;

  /// Calls that have started and not ended.
  std::size_t started() const noexcept;

  /// Calls that wait for their start.
  std::size_t waiting() const noexcept;

  struct state; ///< Private; named here for the host table's functions.

private:
  std::unique_ptr<state> state_;
};

} // namespace serval
