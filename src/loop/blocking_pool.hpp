#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace serval {

/// A few threads for calls that block: the store, loading a library, reading a
/// file. No loop ever waits for them. Thread-safe.
class blocking_pool {
public:
  explicit blocking_pool(std::size_t threads);

  /// Waits for what runs; what has not begun is dropped.
  ~blocking_pool();

  void run(std::function<void()> work);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serval
