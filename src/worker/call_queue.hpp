#pragma once

#include "model/call.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace serval {

/// The calls that wait for a slot of one worker. Deeper calls come first: they
/// free what others above them hold. Among equals the earlier deadline, then
/// the earlier arrival.
class call_queue {
public:
  explicit call_queue(std::size_t capacity) : capacity_(capacity) {
    // nop
  }

  std::size_t size() const noexcept {
    return heap_.size() - removed_.size();
  }

  bool empty() const noexcept {
    return size() == 0;
  }

  /// False if the queue is full.
  bool push(worker_call call);

  /// The next call, or nothing.
  std::optional<worker_call> pop();

  /// Takes a waiting call out. False if it does not wait here.
  bool remove(call_id id);

private:
  struct entry {
    worker_call call;
    std::uint64_t arrival;
  };

  static bool comes_later(const entry& a, const entry& b) noexcept;

  std::size_t capacity_;
  std::uint64_t arrivals_ = 0;
  std::vector<entry> heap_;
  boost::unordered_flat_set<std::uint64_t> waiting_;
  /// Calls that were removed but are still in the heap.
  boost::unordered_flat_set<std::uint64_t> removed_;
};

} // namespace serval
