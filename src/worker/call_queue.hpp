#pragma once

#include "model/call.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace serval {

/// The calls that wait for a slot of one worker. Deeper calls come first: they
/// free what others above them hold. Among equals high priority, then the
/// earlier deadline, then the earlier arrival.
class call_queue {
public:
  explicit call_queue(std::size_t capacity) : capacity_(capacity) {
    // nop
  }

  std::size_t size() const noexcept {
    return size_;
  }

  bool empty() const noexcept {
    return size_ == 0;
  }

  /// Takes the calls in, as far as there is room; returns the others.
  std::vector<worker_call> push(std::vector<worker_call> calls);

  /// The next call, or nothing.
  std::optional<worker_call> pop();

  /// Takes a waiting call out. False if it does not wait here. Takes time in
  /// proportion to the queue: cancels are rare, and what would make them fast
  /// every other call would pay for.
  bool remove(call_id id);

private:
  /// Calls of one map wait together: they are equal in all that orders them.
  struct batch {
    std::vector<worker_call> calls;
    std::size_t next = 0;
    /// Calls from `next` on that were not removed.
    std::size_t left = 0;
  };

  /// What a batch is ordered by, and where it is. Small, since the heap moves
  /// these about, not the batches.
  struct entry {
    /// By depth and then priority; higher comes first.
    std::uint32_t rank;
    std::uint32_t place;
    time_point deadline;
    std::uint64_t arrival;
  };

  static bool comes_later(const entry& a, const entry& b) noexcept;

  void add(std::vector<worker_call> calls);
  void take_off_top();
  void sweep();

  std::size_t capacity_;
  std::size_t size_ = 0;
  std::uint64_t arrivals_ = 0;
  std::vector<entry> heap_;
  std::vector<batch> batches_;
  std::vector<std::uint32_t> free_;
  /// Batches in the heap of which nothing is left.
  std::size_t empty_batches_ = 0;
};

} // namespace serval
