#pragma once

#include "simulation/promises/promise.hpp"

#include <unordered_set>

namespace serval::simulation {

/// A call of a backend that is not idempotent meets user code once at most.
class nothing_runs_twice final : public promise {
public:
  nothing_runs_twice() : promise("nothing runs twice") {
    // nop
  }

  void on_call_begins(const backend_spec& backend,
                      const worker_call& call) override {
    if (backend.idempotent)
      return;
    auto name = fmt::format("{} {} {} {}", call.context->request_id,
                            backend.name, call.depth, call.request.bytes);
    if (!begun_.insert(name).second)
      broke("call \"{}\" begins a second time", name);
  }

private:
  std::unordered_set<std::string> begun_;
};

} // namespace serval::simulation
