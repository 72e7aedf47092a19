#pragma once

#include "backend/process_body.hpp"

#include <functional>
#include <string>
#include <vector>

namespace serval {

/// What a probe tries.
struct probe_order {
  /// `start_timeout` is how long all of the probe may take.
  process_options process;
  /// The backends to construct and destroy, one after the other, as workers of
  /// the application would.
  std::vector<body_order> backends;
};

/// Tries a plugin out in a process of its own, so that a bad one does its harm
/// there: loads it, constructs, warms up and destroys each backend. The error
/// is one sentence for the operator. `done` is called once, later, on `home`,
/// which is the calling loop. `home` and `from` outlive the probe.
void probe_plugin(loop& home, spawner& from, probe_order order,
                  std::function<void(result<plugin_description>)> done);

} // namespace serval
