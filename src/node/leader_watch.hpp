#pragma once

#include "leader/leadership_view.hpp"
#include "node/node_log.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace prometheus {
class Gauge;
class Registry;
} // namespace prometheus

namespace serval {

/// What the node is to the control plane, for whoever asks: the control API,
/// the metrics and the log. Thread-safe.
class leader_watch {
public:
  explicit leader_watch(prometheus::Registry& registry);

  void update(const leadership_view& view, node_log& log);

  leadership_view view() const;

  /// Nothing once this node has known the applications; it serves them on
  /// whoever leads.
  std::optional<std::string> why_not_ready() const;

private:
  prometheus::Gauge& leading_;
  prometheus::Gauge& epoch_;
  mutable std::mutex mutex_;
  leadership_view view_;
  /// What was logged last.
  std::string told_;
  bool has_led_ = false;
};

} // namespace serval
