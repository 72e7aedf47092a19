#pragma once

#include "base/timer_queue.hpp"
#include "fiber/fiber.hpp"
#include "model/call.hpp"
#include "worker/executor.hpp"

#include <memory>
#include <string>
#include <vector>

/// What a plugin sees as an opaque map.
struct serval_map {
  serval::map_ticket ticket = 0;
  serval_call* owner = nullptr;
  serval::map_policy policy = serval::map_policy::all;
  serval_on_done on_done = nullptr;
  void* user = nullptr;
  bool done = false;
  serval::map_outcomes outcomes;
};

/// What a plugin sees as an opaque call: one that has started, with the fiber
/// it runs in. Reused for later calls, since its stack is warm.
struct serval_call final : serval::timer {
  enum class phase : std::uint8_t {
    idle,     ///< Waiting for reuse.
    ready,    ///< Queued to run.
    running,  ///< On its fiber, now.
    sleeping, ///< Suspended, keeps its slot.
    mapping,  ///< Suspended, gave its slot back.
  };

  serval_call(serval::executor::state& executor, serval::stack_pool& stacks)
    : owner(&executor), fiber(stacks) {
    // nop
  }

  void on_timer(serval::time_point now) override;

  serval::executor::state* owner;
  serval::fiber fiber;
  serval::worker_call call;
  phase now_in = phase::idle;
  bool cancelled = false;
  /// `resume` came before `suspend`.
  bool woken = false;
  /// Whether it counts against the concurrency limit at the moment.
  bool has_slot = false;
  /// Set while a timer of `sleep_begin` runs.
  serval_on_done on_wake = nullptr;
  void* wake_user = nullptr;
  std::string reply;
  std::int32_t status = SERVAL_HANDLE_OK;
  std::vector<std::unique_ptr<serval_map>> maps;
};
