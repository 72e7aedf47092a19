#pragma once

#include "loop/hold_watch.hpp"
#include "loop/loop.hpp"
#include "node/node_log.hpp"
#include "trigger/memory_pressure.hpp"

#include <prometheus/collectable.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace serval {

/// Looks after the node from a thread of its own, which waits for nobody: finds
/// user code that keeps a loop to itself, and how short memory is.
class node_watch final : public prometheus::Collectable {
public:
  /// What it works with; all of it outlives the watch.
  struct setup {
    const std::vector<std::unique_ptr<loop>>& loops;
    node_log& log;
    /// Where the others read the stage.
    memory_gauge& memory;
    /// What the daemon may use.
    std::uint64_t memory_max = 0;
  };

  explicit node_watch(const setup& setup);

  ~node_watch() override;

  std::vector<prometheus::MetricFamily> Collect() const override;

private:
  using holder_name = std::pair<std::string, std::string>;

  /// What is known of a backend whose code held a loop.
  struct holder {
    duration held{};
    time_point told_at{};
  };

  void run();
  void look_at_loops(time_point now);
  void look_at_memory(time_point now);
  void note(const code_board::name& who, const hold_watch::hold& hold,
            std::size_t loop, time_point now);

  setup setup_;
  std::vector<hold_watch> holds_;
  memory_pressure pressure_;
  time_point trimmed_at_{};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::map<holder_name, holder> holders_;
  std::uint64_t memory_used_ = 0;

  std::thread thread_;
};

} // namespace serval
