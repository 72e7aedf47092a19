#pragma once

#include "simulation/promises/promise.hpp"

#include <algorithm>

namespace serval::simulation {

/// No more calls wait at a dispatcher than its workers may queue, and no more
/// requests are in progress than the application admits.
class queues_are_bounded final : public promise {
public:
  queues_are_bounded() : promise("queues are bounded") {
    // nop
  }

  void on_daemon() override {
    most_.clear();
    workers_.clear();
    in_progress_.clear();
    admitted_.clear();
  }

  void on_worker_up(const dispatcher_name& who, const backend_spec&,
                    worker_id) override {
    auto& most = most_[who];
    most = std::max(most, ++workers_[who]);
  }

  void on_worker_down(const dispatcher_name& who, worker_id,
                      const std::optional<std::vector<call_id>>&) override {
    --workers_[who];
  }

  void on_map(const dispatcher_name& who, const backend_spec& backend,
              std::size_t, const backend_counters& counters) override {
    // What a worker had when it died may wait once more, beyond the bound.
    auto bound = most_[who] * (backend.queue + 2 * backend.concurrency)
                 + counters.retries;
    if (counters.waiting > bound)
      broke("{} calls wait for backend {}, at most {} may", counters.waiting,
            backend.name, bound);
  }

  void on_request(const std::string& app,
                  const request_facts& request) override {
    in_progress_[request.id] = app;
    if (++admitted_[app] > request.admitted_max)
      broke("{} requests are in progress, {} are admitted", admitted_[app],
            request.admitted_max);
  }

  void on_answer(const std::string& id, const outcome&) override {
    leave(id);
  }

  void on_nobody_waits(const std::string& id) override {
    leave(id);
  }

private:
  void leave(const std::string& id) {
    auto found = in_progress_.find(id);
    if (found == in_progress_.end())
      return;
    --admitted_[found->second];
    in_progress_.erase(found);
  }

  /// Workers of all backends that a dispatcher has, and the most it had.
  std::map<dispatcher_name, std::size_t> workers_;
  std::map<dispatcher_name, std::size_t> most_;
  std::map<std::string, std::string> in_progress_;
  std::map<std::string, std::size_t> admitted_;
};

} // namespace serval::simulation
