#pragma once

#include "simulation/promises/promise.hpp"

namespace serval::simulation {

/// No worker is started that the journal does not want, no more of them than it
/// wants, and never two bodies for one worker.
class wanted_before_start final : public promise {
public:
  wanted_before_start() : promise("wanted before start") {
    // nop
  }

  void on_effect(const app_facts& app, const effect& what,
                 const app_master& core) override {
    auto* start = std::get_if<start_worker>(&what.what);
    if (start == nullptr)
      return;
    const auto& order = start->order;
    auto wanted = app.told.wanted(order.release, order.backend);
    if (wanted == 0)
      broke("starts a worker of backend {} of release {}, which is not wanted",
            order.backend, order.release.value);
    if (auto* body = app.body_of(order.key.id);
        body != nullptr && body->order.key.incarnation != order.key.incarnation)
      broke("worker {} is started beside its own body", order.key.id.value);
    // Adopted workers of a release that is tried out once more are fitted to
    // what the journal wants by then only when that is over.
    const auto& coming = core.observed().coming;
    if (coming && coming->release == order.release && !coming->probed)
      return;
    std::uint32_t others = 0;
    for (const auto& [key, body] : app.bodies)
      if (body.order.release == order.release
          && body.order.backend == order.backend && key != order.key
          && counts(app, core, key, body))
        ++others;
    if (others >= wanted)
      broke("starts a worker of backend {} of release {} beside {}; {} are "
            "wanted",
            order.backend, order.release.value, others, wanted);
  }

private:
  /// Of what serves, only what the table will still have counts: the others
  /// are on their way out.
  static bool counts(const app_facts& app, const app_master& core,
                     worker_key key, const body_facts& body) {
    if (body.ordered_to_stop || body.told_ill)
      return false;
    if (!body.told_ready)
      return true;
    const auto& workers = core.observed().workers.all();
    auto known = workers.find(key.id);
    if (known != workers.end()
        && known->second.state == worker_state::outgrown)
      return false;
    return app.table && lists(*app.table, body.order.release, key.id);
  }
};

} // namespace serval::simulation
