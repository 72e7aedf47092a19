#pragma once

#include "app_master/supervision.hpp"
#include "base/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace serval {

/// When an app_master that has failed starts again. One that fails again and
/// again is left alone in the end: an operator has to say that its cause is
/// gone. Its workers serve on all the while.
class master_restarts {
public:
  struct options {
    /// So many failures, each within `memory` of the one before it, are enough.
    std::uint32_t failures_max = 5;
    duration memory = std::chrono::minutes{1};
    /// For the waiting times between them.
    supervision_options waits;
  };

  explicit master_restarts(options how, std::uint64_t seed);

  /// Takes note of a failure. Returns when another app_master is to start;
  /// nothing if none is.
  std::optional<time_point> on_failure(const std::string& app, std::string why,
                                       time_point now);

  /// An operator has asked for another app_master.
  void forget(const std::string& app);

  /// What has happened and what happens next, of one that failed. REQUIRES:
  /// `on_failure` was the last word on it
  std::string describe(const std::string& app, time_point now) const;

private:
  struct record {
    std::uint32_t failures = 0;
    time_point last;
    std::string why;
    std::optional<time_point> due;
  };

  options how_;
  random_source random_;
  std::map<std::string, record> records_;
};

} // namespace serval
