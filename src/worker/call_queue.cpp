#include "worker/call_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace serval {

namespace {

bool are_equals(const worker_call& a, const worker_call& b) noexcept {
  return a.context == b.context && a.depth == b.depth;
}

/// Moves the calls from `first` on out of `calls`.
std::vector<worker_call> cut_off(std::vector<worker_call>& calls,
                                 std::size_t first) {
  auto begin = calls.begin() + static_cast<std::ptrdiff_t>(first);
  std::vector<worker_call> tail{std::make_move_iterator(begin),
                                std::make_move_iterator(calls.end())};
  calls.erase(begin, calls.end());
  return tail;
}

} // namespace

bool call_queue::comes_later(const entry& a, const entry& b) noexcept {
  if (a.rank != b.rank)
    return a.rank < b.rank;
  if (a.deadline != b.deadline)
    return a.deadline > b.deadline;
  return a.arrival > b.arrival;
}

std::vector<worker_call> call_queue::push(std::vector<worker_call> calls) {
  std::vector<worker_call> refused;
  if (auto room = capacity_ - size_; calls.size() > room)
    refused = cut_off(calls, room);
  while (!calls.empty()) {
    auto other = std::ranges::find_if_not(calls, [&](const worker_call& each) {
      return are_equals(each, calls.front());
    });
    auto rest = cut_off(calls,
                        static_cast<std::size_t>(other - calls.begin()));
    add(std::move(calls));
    calls = std::move(rest);
  }
  return refused;
}

void call_queue::add(std::vector<worker_call> calls) {
  std::uint32_t place;
  if (free_.empty()) {
    place = static_cast<std::uint32_t>(batches_.size());
    batches_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  auto& first = calls.front();
  auto high = first.context->priority == priority::high;
  heap_.push_back({2 * first.depth + (high ? 1 : 0), place,
                   first.context->deadline, arrivals_++});
  std::ranges::push_heap(heap_, comes_later);
  size_ += calls.size();
  auto left = calls.size();
  batches_[place] = {std::move(calls), 0, left};
}

std::optional<worker_call> call_queue::pop() {
  while (!heap_.empty()) {
    auto& top = batches_[heap_.front().place];
    while (top.left > 0) {
      auto call = std::exchange(top.calls[top.next++], {});
      if (!call.id)
        continue;
      --size_;
      if (--top.left == 0)
        take_off_top();
      return call;
    }
    --empty_batches_;
    take_off_top();
  }
  return std::nullopt;
}

void call_queue::take_off_top() {
  auto place = heap_.front().place;
  std::ranges::pop_heap(heap_, comes_later);
  heap_.pop_back();
  batches_[place] = {};
  free_.push_back(place);
}

bool call_queue::remove(call_id id) {
  if (!id)
    return false;
  for (auto& batch : batches_) {
    auto found = std::ranges::find(batch.calls, id, &worker_call::id);
    if (found == batch.calls.end())
      continue;
    *found = {};
    --size_;
    if (--batch.left == 0)
      ++empty_batches_;
    sweep();
    return true;
  }
  return false;
}

void call_queue::sweep() {
  // Cancelled calls must not keep their places for long.
  if (empty_batches_ < heap_.size() / 2 + 32)
    return;
  std::erase_if(heap_, [this](const entry& each) {
    if (batches_[each.place].left > 0)
      return false;
    batches_[each.place] = {};
    free_.push_back(each.place);
    return true;
  });
  empty_batches_ = 0;
  std::ranges::make_heap(heap_, comes_later);
}

} // namespace serval
