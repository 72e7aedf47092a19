#pragma once

#include "base/timer_queue.hpp"
#include "loop/code_board.hpp"

#include <caf/execution_unit.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace serval {

/// Work that an object has on its loop again and again. Queued without a
/// message or an allocation; see `loop::run_soon`.
class loop_task {
public:
  virtual ~loop_task() = default;

  virtual void run() = 0;

private:
  friend class loop;

  bool queued_ = false;
};

/// A thread with its Asio `io_context`, on which sockets, actors and timers
/// run. It is also the CAF execution unit of the actors that live on it: waking
/// one of them, from wherever, queues it here, so that an actor never migrates.
///
/// After sockets' handlers the loop runs what those made ready (actors' turns
/// and tasks), so that a request goes from its socket to its worker and back
/// without another look at the kernel in between.
///
/// An Asio object, a timer, and anything else that is not atomic is touched
/// only on the loop that owns it.
class loop final : public caf::execution_unit {
public:
  /// An actor's turn: it handles at most this many messages, and a batch of
  /// turns ends after this time, before ready sockets get theirs.
  static constexpr std::size_t messages_per_turn = 16;
  static constexpr duration time_per_batch = std::chrono::microseconds{100};

  /// At most so many handlers run between two batches.
  static constexpr std::size_t handlers_between_batches = 32;

  /// A loop that waits for less than this between two batches is likely to find
  /// more than one handler ready. Well above what a handler takes, well below
  /// what a client takes to ask again.
  static constexpr duration crowded_gap = std::chrono::microseconds{10};

  explicit loop(std::size_t index);

  ~loop() override;

  /// Starts the thread.
  void start();

  /// Lets the current handler finish, then ends the thread and waits for it.
  /// Not from the loop itself.
  void stop();

  /// Cleans up the actors that are still queued on a loop that was stopped.
  /// False if there are none. What an actor does at its end may queue others,
  /// on other loops as well.
  bool drop_actors();

  /// Its place among the loops of the process, from 0.
  std::size_t index() const noexcept {
    return index_;
  }

  boost::asio::io_context& io() noexcept;

  bool is_current() const noexcept;

  /// Runs `what` on the loop, later. Any thread.
  void post(std::function<void()> what);

  /// Runs `what` on the loop once the present handler or turn is over; once,
  /// however often it is asked before that. Only on the loop.
  void run_soon(std::shared_ptr<loop_task> what);

  /// Arms `what` to fire at `due`. Only on the loop, as `timer::cancel`.
  void arm(timer& what, time_point due);

  /// The time at the beginning of the current handler, close enough for
  /// time-outs. Only on the loop.
  static time_point now() noexcept;

  /// Shows whose code runs on the loop.
  code_board& board() noexcept {
    return board_;
  }

  /// Makes actors of `system` run here. Before `start`.
  void attach(caf::actor_system& system) noexcept;

  /// Queues an actor's next turn. Any thread.
  void exec_later(caf::resumable* job) override;

private:
  struct state;

  void run();

  /// Returns when it ended.
  time_point run_batch(time_point began);

  void run_turn(caf::resumable* job);

  void arm_wake_up();

  void take_woken();

  std::size_t index_;
  code_board board_;
  std::unique_ptr<state> state_;
};

/// Builds `count` loops (0 = one per core).
std::vector<std::unique_ptr<loop>> make_loops(std::size_t count);

} // namespace serval
