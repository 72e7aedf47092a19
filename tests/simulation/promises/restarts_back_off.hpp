#pragma once

#include "simulation/promises/promise.hpp"

#include <deque>

namespace serval::simulation {

/// A worker that keeps failing is started ever more rarely: one that crashes
/// in a loop costs the machine little.
class restarts_back_off final : public promise {
public:
  explicit restarts_back_off(const supervision_options& options)
    : promise("restarts back off"), options_(options) {
    // nop
  }

  void on_daemon() override {
    starts_.clear();
  }

  void on_effect(const app_facts&, const effect& what,
                 const app_master&) override {
    auto* start = std::get_if<start_worker>(&what.what);
    if (start == nullptr)
      return;
    auto& starts = starts_[start->order.key.id];
    starts.push_back(now);
    while (now - starts.front() > options_.stable_after)
      starts.pop_front();
    if (starts.size() > allowed())
      broke("worker {} is started {} times within {} ms",
            start->order.key.id.value, starts.size(),
            options_.stable_after.count() / 1'000'000);
  }

private:
  /// One at once, one at once after having been stable, and then after waits
  /// that double, each up to a half shorter.
  std::size_t allowed() const {
    std::size_t count = 3;
    auto wait = options_.back_off_first / 2;
    for (duration sum{}; sum <= options_.stable_after; ++count) {
      sum += wait;
      wait = std::min(2 * wait, options_.back_off_max / 2);
    }
    return count;
  }

  supervision_options options_;
  std::map<worker_id, std::deque<time_point>> starts_;
};

} // namespace serval::simulation
