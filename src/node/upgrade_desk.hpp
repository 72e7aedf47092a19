#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "control/control_api.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace serval {

/// Somebody wants another process to take this daemon's place.
struct upgrade_order {
  /// Empty: the one that this process was started from.
  std::string binary;
  /// How long the new daemon may take until it serves.
  duration patience = std::chrono::minutes{1};
  control_plane::reply<upgraded> on_reply;
};

/// Where the control API leaves such an order for the thread that runs the
/// node; SIGUSR2 tells that one. Thread-safe.
class upgrade_desk {
public:
  /// Answers `conflict` at once if there is an order already.
  void ask(upgrade_order order);

  /// The order that was left, or one that nobody waits for. Until `done`, no
  /// other is taken.
  upgrade_order take();

  void done();

private:
  std::mutex mutex_;
  std::optional<upgrade_order> left_;
  bool busy_ = false;
};

} // namespace serval
