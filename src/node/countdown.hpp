#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

namespace serval {

/// Calls `done` once it has been called `count` times; any thread.
inline std::function<void()> after(std::size_t count,
                                   std::function<void()> done) {
  auto left = std::make_shared<std::atomic<std::size_t>>(count);
  return [left, done = std::move(done)] {
    if (left->fetch_sub(1) == 1)
      done();
  };
}

} // namespace serval
