#pragma once

#include "simulation/promises/cluster_promise.hpp"

#include <map>
#include <set>
#include <string>

namespace serval::simulation {

/// A leader that has agreed to empty a node places nothing more there.
class drained_gets_no_workers final : public cluster_promise {
public:
  drained_gets_no_workers() : cluster_promise("drained gets no workers") {
    // nop
  }

  void on_term(const std::string& leader) override {
    drained_.erase(leader);
  }

  void on_drain(const std::string& leader, const std::string& node,
                bool on) override {
    if (on)
      drained_[leader].insert(node);
    else
      drained_[leader].erase(node);
  }

  void on_placed(const std::string& leader, const std::string& node,
                 const worker_order& order) override {
    if (drained_[leader].contains(node))
      broke("worker {} of {} is placed on {}, which is being emptied",
            order.key.id.value, order.app, node);
  }

private:
  /// By leader, as an old dump may have a term given to two of them.
  std::map<std::string, std::set<std::string>> drained_;
};

} // namespace serval::simulation
