#pragma once

#include "load/compare.hpp"
#include "load/load_run.hpp"
#include "load/slo.hpp"

#include <string>
#include <vector>

namespace serval {

/// One line about a run that goes on.
std::string show_progress(const load_progress& progress);

/// A run as text for people.
std::string show_run(const run_result& run,
                     const std::vector<slo_verdict>& verdicts);

/// Two runs side by side.
std::string show_comparison(const std::vector<compared_figure>& figures,
                            const std::vector<std::string>& differences);

} // namespace serval
