#pragma once

#include "load/run_result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// One figure of two runs.
struct compared_figure {
  std::string name;
  double a = 0;
  double b = 0;
  /// b / a; none if a is 0.
  std::optional<double> ratio;
  /// Whether more of it is better.
  bool more_is_better = false;
};

/// The figures of two runs side by side.
std::vector<compared_figure> compare_runs(const run_result& a,
                                          const run_result& b);

/// Why the two cannot be compared fairly, such as another rate; empty if they
/// can.
std::vector<std::string> differences(const run_result& a, const run_result& b);

} // namespace serval
