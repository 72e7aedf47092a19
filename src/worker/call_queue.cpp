#include "worker/call_queue.hpp"

#include <algorithm>
#include <utility>

namespace serval {

bool call_queue::comes_later(const entry& a, const entry& b) noexcept {
  if (a.rank != b.rank)
    return a.rank < b.rank;
  if (a.deadline != b.deadline)
    return a.deadline > b.deadline;
  return a.arrival > b.arrival;
}

bool call_queue::push(worker_call call) {
  if (size_ >= capacity_)
    return false;
  std::uint32_t place;
  if (free_.empty()) {
    place = static_cast<std::uint32_t>(calls_.size());
    calls_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  auto high = call.context->priority == priority::high;
  heap_.push_back({2 * call.depth + (high ? 1 : 0), place,
                   call.context->deadline, arrivals_++});
  std::ranges::push_heap(heap_, comes_later);
  calls_[place] = std::move(call);
  ++size_;
  return true;
}

std::optional<worker_call> call_queue::pop() {
  while (!heap_.empty()) {
    std::ranges::pop_heap(heap_, comes_later);
    auto place = heap_.back().place;
    heap_.pop_back();
    free_.push_back(place);
    auto call = std::exchange(calls_[place], {});
    if (!call.id)
      continue;
    --size_;
    return call;
  }
  return std::nullopt;
}

bool call_queue::remove(call_id id) {
  auto found = std::ranges::find(calls_, id, &worker_call::id);
  if (!id || found == calls_.end())
    return false;
  *found = {};
  --size_;
  // Cancelled calls must not keep their places for long.
  if (heap_.size() > 2 * size_ + 64) {
    std::erase_if(heap_, [this](const entry& each) {
      if (calls_[each.place].id)
        return false;
      free_.push_back(each.place);
      return true;
    });
    std::ranges::make_heap(heap_, comes_later);
  }
  return true;
}

} // namespace serval
