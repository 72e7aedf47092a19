#pragma once

#include "simulation/promises/cluster_promise.hpp"

#include <map>
#include <utility>

namespace serval::simulation {

/// A node that comes back is reconciled: of a worker that runs there and
/// elsewhere, one is told to stop soon after both nodes obey the same leader.
class no_worker_runs_twice final : public cluster_promise {
public:
  no_worker_runs_twice() : cluster_promise("no worker runs twice") {
    // nop
  }

  void on_look(const cluster_facts& facts) override {
    std::map<worker, int> running;
    for (const auto& [name, body] : facts.bodies) {
      const auto& node = facts.nodes.at(name.node);
      if (body.ready && !body.told_to_stop && !node.frozen
          && node.joined == facts.lease.epoch && node.joined)
        ++running[{name.app, name.key.id}];
    }
    std::erase_if(twice_, [&](const auto& each) {
      return running[each.first] < 2;
    });
    for (const auto& [which, count] : running) {
      if (count < 2)
        continue;
      auto since = twice_.try_emplace(which, now).first->second;
      if (now - since > soon)
        broke("worker {} of {} runs {} times", which.second.value, which.first,
              count);
    }
  }

private:
  using worker = std::pair<std::string, worker_id>;

  /// Links that are over and not known to be count as links.
  static constexpr duration soon = std::chrono::seconds{10};

  std::map<worker, time_point> twice_;
};

} // namespace serval::simulation
