#pragma once

#include "base/timer_queue.hpp"
#include "fiber/stack.hpp"
#include "worker/call_queue.hpp"
#include "worker/executor.hpp"
#include "worker/running_call.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <deque>
#include <memory>
#include <vector>

namespace serval {

/// The inside of an executor, shared with the functions of the host table.
struct executor::state {
  state(const serval_backend_type& backend, void* instance,
        executor::limits limits, executor_host& host)
    : backend(backend),
      instance(instance),
      limits(limits),
      host(host),
      stacks(limits.stack_bytes),
      queue(limits.queue) {
    // nop
  }

  // -- called by the executor -------------------------------------------------

  bool run_until(time_point end);
  void start_next();
  void run_fiber(serval_call& call);
  void finish(serval_call& call);
  void cancel_started(serval_call& call);
  bool can_start() const;
  serval_call* take_ready();

  // -- called by the host table -----------------------------------------------

  bool is_cancelled(const serval_call& call);
  void make_ready(serval_call& call);
  bool suspend(serval_call& call);
  serval_map* begin_map(serval_call& call, const serval_map_request& request,
                        serval_on_done on_done, void* user);
  void end_map(serval_map& map);
  void begin_sleep(serval_call& call, duration span, serval_on_done on_done,
                   void* user);

  serval_call& take_idle_call();
  serval_call* find_started(call_id id) noexcept;

  const serval_backend_type& backend;
  void* instance;
  executor::limits limits;
  executor_host& host;
  /// When the present turn began. Each fiber's turn has one reading of the
  /// clock; with short calls the clock is what they would mostly wait for.
  time_point now;
  stack_pool stacks;
  call_queue queue;
  timer_queue timers;
  /// Every call object ever made; `idle` names those free for reuse.
  std::vector<std::unique_ptr<serval_call>> calls;
  std::vector<serval_call*> idle;
  boost::unordered_flat_map<map_ticket, serval_map*> maps;
  map_ticket last_ticket = 0;
  std::uint32_t slots_used = 0;
  /// See `take_busy_time`; `idle_since` is when the last turn ended.
  duration busy_time{};
  time_point idle_since;
  /// Ready calls that hold a slot or need none to unwind.
  std::deque<serval_call*> ready;
  /// Ready calls that need a slot first; they come before new calls.
  std::deque<serval_call*> ready_for_slot;
};

} // namespace serval
