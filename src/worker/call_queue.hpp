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

  /// False if the queue is full.
  bool push(worker_call call);

  /// The next call, or nothing.
  std::optional<worker_call> pop();

  /// Takes a waiting call out. False if it does not wait here. Takes time in
  /// proportion to the queue: cancels are rare, and what would make them fast
  /// every other call would pay for.
  bool remove(call_id id);

private:
  /// What a call is ordered by, and where it is. Small, since the heap moves
  /// these about, not the calls.
  struct entry {
    /// By depth and then priority; higher comes first.
    std::uint32_t rank;
    std::uint32_t place;
    time_point deadline;
    std::uint64_t arrival;
  };

  static bool comes_later(const entry& a, const entry& b) noexcept;

  std::size_t capacity_;
  std::size_t size_ = 0;
  std::uint64_t arrivals_ = 0;
  /// Also names the places of removed calls, whose id is none.
  std::vector<entry> heap_;
  std::vector<worker_call> calls_;
  std::vector<std::uint32_t> free_;
};

} // namespace serval
