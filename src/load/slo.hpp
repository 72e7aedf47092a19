#pragma once

#include "base/result.hpp"
#include "load/run_result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// One condition on a run's result.
struct slo_condition {
  enum class figure {
    latency,    ///< At `quantile`, against nanoseconds.
    latency_mean,
    latency_max,
    errors,     ///< The failed share of all requests.
    throughput, ///< Answers per second.
  };
  figure what = figure::latency;
  double quantile = 0;
  enum class relation { less, less_equal, more, more_equal };
  relation how = relation::less;
  double limit = 0;
  /// As it was written.
  std::string text;
};

/// Reads "p99<200ms,errors<0.1%,throughput>=1000". Known are p50, p99.9 and so
/// on, mean, max, errors and throughput, with <, <=, > and >=.
result<std::vector<slo_condition>> parse_slo(std::string_view text);

/// Whether a condition holds, and the figure it was held against.
struct slo_verdict {
  std::string condition;
  std::string actual;
  bool holds = false;
};

/// A void run, and one without any good answer, meets no condition.
std::vector<slo_verdict> check_slo(const std::vector<slo_condition>& conditions,
                                   const run_result& run);

} // namespace serval
