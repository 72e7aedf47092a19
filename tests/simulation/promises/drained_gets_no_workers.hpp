#pragma once

#include "simulation/promises/cluster_promise.hpp"

#include <set>
#include <utility>

namespace serval::simulation {

/// A leader that has agreed to empty a node places nothing more there.
class drained_gets_no_workers final : public cluster_promise {
public:
  drained_gets_no_workers() : cluster_promise("drained gets no workers") {
    // nop
  }

  void on_drain(serval::epoch term, const std::string& node, bool on) override {
    if (on)
      drained_.emplace(term, node);
    else
      drained_.erase({term, node});
  }

  void on_placed(serval::epoch term, const std::string& node,
                 const worker_order& order) override {
    if (drained_.contains({term, node}))
      broke("worker {} of {} is placed on {}, which is being emptied",
            order.key.id.value, order.app, node);
  }

private:
  std::set<std::pair<serval::epoch, std::string>> drained_;
};

} // namespace serval::simulation
