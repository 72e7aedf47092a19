#pragma once

#include "simulation/process.hpp"

#include <vector>

namespace serval::simulation {

/// The loops of a daemon: what one posts to another arrives in order, a little
/// later.
class loops {
public:
  loops(process& daemon, std::size_t count) : daemon_(daemon), count_(count) {
    for (std::size_t i = 0; i < count * count; ++i)
      ways_.emplace_back(daemon, std::chrono::microseconds{1},
                         std::chrono::microseconds{30});
  }

  std::size_t count() const noexcept {
    return count_;
  }

  void post(std::size_t from, std::size_t to, process::event what) {
    ways_[from * count_ + to].send(std::move(what));
  }

  /// On whichever loop; the daemon's own timers.
  process& daemon() const noexcept {
    return daemon_;
  }

private:
  process& daemon_;
  std::size_t count_;
  std::vector<channel> ways_;
};

} // namespace serval::simulation
