#pragma once

#include "simulation/promises/promise.hpp"

namespace serval::simulation {

/// Nobody takes a healthy worker away from the release that serves if fewer
/// than wanted are left, and nobody takes it away from one that served before
/// while requests to that may still run.
class capacity_is_kept final : public promise {
public:
  capacity_is_kept() : promise("capacity is kept") {
    // nop
  }

  void on_effect(const app_facts& app, const effect& what,
                 const app_master&) override {
    auto* publish = std::get_if<publish_table>(&what.what);
    if (publish == nullptr || !app.table)
      return;
    for (const auto& release : app.table->releases)
      for (const auto& backend : release.backends)
        for (auto id : backend.workers)
          if (!lists(*publish->table, release.release, id))
            check(app, *publish->table, id);
  }

private:
  /// Requests that came before the tables changed may need so long to do it.
  static constexpr duration change_max = std::chrono::milliseconds{1};

  void check(const app_facts& app, const app_table& next, worker_id id) {
    auto since = next.serving == app.table->serving ? app.serving_since : now;
    auto* body = app.body_of(id);
    if (body == nullptr || !body->told_ready || body->told_to_stop
        || body->told_ill)
      return;
    const auto& order = body->order;
    auto serving = app.told.serving ? app.told.serving->number
                                    : release_number{};
    auto left = count_listed(next, order.release, order.backend);
    if (order.release == serving) {
      auto wanted = app.told.wanted(serving, order.backend);
      if (left < wanted)
        broke("takes worker {} from the serving release {}, which leaves {} "
              "of {} workers of backend {}",
              id.value, serving.value, left, wanted, order.backend);
      return;
    }
    for (const auto& [key, request] : app.requests)
      if (request.release == order.release && request.deadline > now
          && request.since + change_max < since)
        broke("takes worker {} from release {} while request {} may run for "
              "another {} ms",
              id.value, order.release.value, request.id,
              (request.deadline - now).count() / 1'000'000);
  }
};

} // namespace serval::simulation
