#pragma once

#include "base/result.hpp"
#include "cli/bench_options.hpp"
#include "cli/bench_target.hpp"
#include "load/http_transport.hpp"
#include "load/load_run.hpp"
#include "load/slo.hpp"

#include <vector>

namespace serval {

/// All that `serval bench` is to do, checked.
struct bench_plan {
  load_plan load;
  http_request_form form;
  /// Per thread.
  std::uint32_t connections = 0;
  std::vector<slo_condition> slo;
};

/// Checks the options and reads the files they name.
result<bench_plan> make_bench_plan(const bench_options& options,
                                   const bench_target& target);

} // namespace serval
