#pragma once

#include "wire/worker_messages.hpp"

#include <span>
#include <vector>

namespace serval {

// From calls to the batches that cross processes, and back.

/// A batch is closed when it has that many bytes or calls.
inline constexpr std::size_t batch_bytes_max = 1 << 20;
inline constexpr std::size_t batch_calls_max = 4096;

/// Cuts `items` into runs that make a batch each and calls `use` with every
/// one; `size_of(item)` is how many bytes the item's body has.
template <class Item, class SizeOf, class Use>
void for_each_batch(std::span<Item> items, SizeOf size_of, Use use) {
  std::size_t first = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    bytes += size_of(items[i]);
    bool full = bytes > batch_bytes_max || i - first >= batch_calls_max;
    if (full && i > first) {
      use(items.subspan(first, i - first));
      first = i;
      bytes = size_of(items[i]);
    }
  }
  if (first < items.size())
    use(items.subspan(first));
}

/// As `for_each_batch`, of calls.
template <class Use>
void for_each_call_batch(std::span<const worker_call> calls, Use use) {
  for_each_batch(
    calls, [](const worker_call& call) { return call.request.bytes.size(); },
    use);
}

/// As `for_each_batch`, of results.
template <class Use>
void for_each_result_batch(std::span<const call_result> results, Use use) {
  for_each_batch(
    results, [](const call_result& each) { return each.what.body.size(); },
    use);
}

/// The batch borrows from `results`.
result_batch_message batch_of(std::span<const call_result> results);

/// The batch borrows from `calls`.
call_batch_message batch_of(worker_id worker,
                            std::span<const worker_call> calls,
                            time_point now);

/// The calls of a batch whose remaining times count from `sent`, with bodies of
/// their own.
std::vector<worker_call> calls_of(const call_batch_message& batch,
                                  time_point sent);

} // namespace serval
