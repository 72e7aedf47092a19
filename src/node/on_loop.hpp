#pragma once

#include "loop/loop.hpp"

#include <future>

namespace serval {

/// Runs `work` on the loop and waits for its answer. Not from that loop.
template <class Work>
auto on_loop(loop& where, Work work) {
  std::promise<decltype(work())> answer;
  where.post([&] { answer.set_value(work()); });
  return answer.get_future().get();
}

} // namespace serval
