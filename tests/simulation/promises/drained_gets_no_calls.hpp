#pragma once

#include "simulation/promises/promise.hpp"

#include <set>

namespace serval::simulation {

/// A dispatcher that has taken a worker out, or was told that it is gone, sends
/// it no more calls.
class drained_gets_no_calls final : public promise {
public:
  drained_gets_no_calls() : promise("drained gets no calls") {
    // nop
  }

  void on_daemon() override {
    usable_.clear();
  }

  void on_worker_up(const dispatcher_name& who, const backend_spec&,
                    worker_id worker) override {
    usable_[who].insert(worker);
  }

  void on_worker_drained(const dispatcher_name& who,
                         worker_id worker) override {
    usable_[who].erase(worker);
  }

  void on_worker_down(const dispatcher_name& who, worker_id worker,
                      const std::optional<std::vector<call_id>>&) override {
    usable_[who].erase(worker);
  }

  void on_calls(const dispatcher_name& who, worker_id worker,
                const std::vector<worker_call>& calls,
                const backend_counters&) override {
    if (!usable_[who].contains(worker))
      broke("{} calls go to worker {}, which was taken out", calls.size(),
            worker.value);
  }

private:
  std::map<dispatcher_name, std::set<worker_id>> usable_;
};

} // namespace serval::simulation
