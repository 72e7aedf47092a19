#pragma once

#include "base/result.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

namespace serval {

/// Turns concurrent writes into few disk syncs, without a thread of its own. A
/// write passes two stages: `write` makes the batch it is part of durable,
/// `seal` then makes durable how far the log reaches. Batch n is sealed while
/// batch n + 1 is being written; one seal may serve several batches. A writer
/// returns when its batch is sealed.
///
/// A stage that failed once is not tried again: after a failed sync the kernel
/// may have dropped the very pages that a second one would report as written.
class group_commit {
public:
  /// Both run on a writer's thread, never twice at a time each, and may run at
  /// the same time as the other. Batches are numbered from `last + 1` on.
  struct stages {
    std::function<result<void>(std::uint64_t batch)> write;
    std::function<result<void>(std::uint64_t batch)> seal;
  };

  group_commit(stages how, std::uint64_t last)
    : how_(std::move(how)), written_(last), sealed_(last) {
    // nop
  }

  /// Adds one write and waits until it is durable. `prepare` runs once, in the
  /// order of arrival, never during a `write`, and puts the write into the next
  /// batch; if it fails, the write is left out and the error returned.
  result<void> run(std::function<result<void>()> prepare);

private:
  struct waiter {
    std::function<result<void>()> prepare;
    std::uint64_t batch = 0;
    std::optional<result<void>> outcome;
    std::condition_variable wake_up;
  };

  using lock = std::unique_lock<std::mutex>;

  void write_batch(lock& held);

  void seal_up_to(lock& held, std::uint64_t batch);

  void fail(const error& what);

  static void finish(waiter& who, result<void> outcome);

  stages how_;
  std::mutex mutex_;
  /// Waits for a place in a batch.
  std::deque<waiter*> queue_;
  /// Waits for its batch to be written and sealed.
  std::deque<waiter*> underway_;
  bool writing_ = false;
  bool sealing_ = false;
  std::uint64_t written_;
  std::uint64_t sealed_;
  std::optional<error> broken_;
};

} // namespace serval
