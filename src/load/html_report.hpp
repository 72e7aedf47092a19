#pragma once

#include "load/run_result.hpp"
#include "load/slo.hpp"

#include <string>
#include <vector>

namespace serval {

/// A run as one HTML page that needs nothing else.
std::string write_html_report(const run_result& run,
                              const std::vector<slo_verdict>& verdicts);

} // namespace serval
