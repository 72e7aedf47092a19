#pragma once

#include "simulation/promises/promise.hpp"

namespace serval::simulation {

/// A worker that is stopped while it is well finishes what it has.
class stop_loses_no_call final : public promise {
public:
  stop_loses_no_call() : promise("a stop loses no call") {
    // nop
  }

  void
  on_stopped(worker_id worker,
             const std::map<call_id, worker_call>& in_hand) override {
    for (const auto& [id, call] : in_hand)
      if (now < call.context->deadline)
        broke("worker {} stops with a call of request {} in hand",
              worker.value, call.context->request_id);
  }
};

} // namespace serval::simulation
