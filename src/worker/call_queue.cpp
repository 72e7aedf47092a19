#include "worker/call_queue.hpp"

#include <algorithm>
#include <tuple>

namespace serval {

bool call_queue::comes_later(const entry& a, const entry& b) noexcept {
  auto key = [](const entry& x) {
    return std::make_tuple(~x.call.depth, x.call.context->deadline, x.arrival);
  };
  return key(a) > key(b);
}

bool call_queue::push(worker_call call) {
  if (size() >= capacity_)
    return false;
  waiting_.insert(call.id.value);
  heap_.push_back({std::move(call), arrivals_++});
  std::ranges::push_heap(heap_, comes_later);
  return true;
}

std::optional<worker_call> call_queue::pop() {
  while (!heap_.empty()) {
    std::ranges::pop_heap(heap_, comes_later);
    auto call = std::move(heap_.back().call);
    heap_.pop_back();
    if (removed_.erase(call.id.value) > 0)
      continue;
    waiting_.erase(call.id.value);
    return call;
  }
  return std::nullopt;
}

bool call_queue::remove(call_id id) {
  if (waiting_.erase(id.value) == 0)
    return false;
  removed_.insert(id.value);
  // A queue of cancelled calls must not keep their memory.
  if (removed_.size() > capacity_ / 2 + 16) {
    std::erase_if(heap_, [this](const entry& each) {
      return removed_.contains(each.call.id.value);
    });
    removed_.clear();
    std::ranges::make_heap(heap_, comes_later);
  }
  return true;
}

} // namespace serval
