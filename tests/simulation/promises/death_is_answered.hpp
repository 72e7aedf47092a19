#pragma once

#include "simulation/promises/promise.hpp"

#include <set>

namespace serval::simulation {

/// A request that was at a worker which died, and that may not be repeated, is
/// answered at once and not left to its deadline.
class death_is_answered final : public promise {
public:
  death_is_answered() : promise("a death is answered") {
    // nop
  }

  void on_daemon() override {
    final_.clear();
    calls_.clear();
    lost_.clear();
  }

  void on_worker_up(const dispatcher_name&, const backend_spec& backend,
                    worker_id worker) override {
    if (!backend.idempotent)
      final_.insert(worker);
  }

  void on_calls(const dispatcher_name& who, worker_id,
                const std::vector<worker_call>& calls,
                const backend_counters&) override {
    for (const auto& call : calls)
      if (call.depth == 0)
        calls_[{who, call.id}] = call.context->request_id;
  }

  void on_worker_down(
    const dispatcher_name& who, worker_id worker,
    const std::optional<std::vector<call_id>>& received) override {
    if (!received || !final_.contains(worker))
      return;
    for (auto id : *received)
      if (auto found = calls_.find({who, id}); found != calls_.end())
        lost_.emplace(found->second, now);
  }

  void on_answer(const std::string& id, const outcome&) override {
    auto found = lost_.find(id);
    if (found != lost_.end() && now - found->second > answer_max)
      broke("request {} is answered {} ms after the death of its worker", id,
            (now - found->second).count() / 1'000'000);
  }

private:
  static constexpr duration answer_max = std::chrono::milliseconds{10};

  /// Workers whose calls may not be repeated.
  std::set<worker_id> final_;
  std::map<std::pair<dispatcher_name, call_id>, std::string> calls_;
  std::map<std::string, time_point> lost_;
};

} // namespace serval::simulation
