#pragma once

#include "cluster/members.hpp"
#include "peer/link_event.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>

#include <map>
#include <string>

namespace prometheus {
class Registry;
} // namespace prometheus

namespace serval {

/// The metrics of a node's cluster: how the links to its peers are, and, while
/// it leads, how many nodes stand where. Thread-safe.
class cluster_watch {
public:
  explicit cluster_watch(prometheus::Registry& registry);

  /// A loop's link for calls to `peer`.
  void on_link(const std::string& peer, link_event what);

  /// All that the leader knows of; none if this node does not lead.
  void update(const std::map<std::string, member>& nodes);

private:
  prometheus::Family<prometheus::Gauge>& links_;
  prometheus::Family<prometheus::Counter>& losses_;
  prometheus::Family<prometheus::Gauge>& nodes_;
};

} // namespace serval
