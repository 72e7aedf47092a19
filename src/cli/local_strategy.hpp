#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/app_spec.hpp"
#include "model/outcome.hpp"

#include <memory>
#include <string>

namespace serval {

/// A strategy in this process and on this thread, without a daemon: the same
/// dispatcher and the same executors, and nothing around them. User code can
/// take this process down.
class local_strategy {
public:
  /// Loads the plugin and makes all workers of all backends.
  static result<std::unique_ptr<local_strategy>>
  start(const app_spec& spec, const std::string& plugin_path);

  ~local_strategy();

  /// Asks the entry backend and waits for its answer.
  outcome call(std::string body, duration timeout);

private:
  class impl;

  explicit local_strategy(std::unique_ptr<impl> made);

  std::unique_ptr<impl> impl_;
};

} // namespace serval
