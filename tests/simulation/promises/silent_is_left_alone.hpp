#pragma once

#include "simulation/promises/promise.hpp"

#include <set>

namespace serval::simulation {

/// A worker that is known to be silent gets no new calls while another of its
/// backend could take them.
class silent_is_left_alone final : public promise {
public:
  silent_is_left_alone() : promise("silent is left alone") {
    // nop
  }

  void on_daemon() override {
    pools_.clear();
    backends_.clear();
  }

  void on_worker_up(const dispatcher_name& who, const backend_spec& backend,
                    worker_id worker) override {
    backends_[worker] = backend.name;
    auto& pool = pools_[{who, backend.name}];
    pool.up.insert(worker);
    pool.changed = now;
  }

  void on_worker_drained(const dispatcher_name& who,
                         worker_id worker) override {
    forget(who, worker);
  }

  void on_worker_down(const dispatcher_name& who, worker_id worker,
                      const std::optional<std::vector<call_id>>&) override {
    forget(who, worker);
  }

  void on_worker_silent(const dispatcher_name& who, worker_id worker,
                        bool silent) override {
    auto& pool = pools_[{who, backends_[worker]}];
    if (silent && pool.up.contains(worker))
      pool.silent.insert(worker);
    else
      pool.silent.erase(worker);
    pool.changed = now;
  }

  void on_calls(const dispatcher_name& who, worker_id worker,
                const std::vector<worker_call>&,
                const backend_counters& counters) override {
    auto& pool = pools_[{who, backends_[worker]}];
    // Others that are ejected may be why it is not: at most half of a backend's
    // workers are, and who is new is looked at in the next review.
    if (pool.silent.size() == 1 && pool.silent.contains(worker)
        && pool.up.size() >= 2 && counters.ejected == 0
        && now - pool.changed > 3 * outlier_limits::review_period)
      broke("worker {} gets calls although it is silent", worker.value);
  }

private:
  struct pool_facts {
    std::set<worker_id> up;
    std::set<worker_id> silent;
    time_point changed;
  };

  void forget(const dispatcher_name& who, worker_id worker) {
    auto& pool = pools_[{who, backends_[worker]}];
    pool.up.erase(worker);
    pool.silent.erase(worker);
    pool.changed = now;
  }

  std::map<std::pair<dispatcher_name, std::string>, pool_facts> pools_;
  std::map<worker_id, std::string> backends_;
};

} // namespace serval::simulation
