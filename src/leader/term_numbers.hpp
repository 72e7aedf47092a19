#pragma once

#include "base/defect.hpp"
#include "model/ids.hpp"

#include <cstdint>

namespace serval {

/// Where the numbers of one application's workers and tables begin in a term. A
/// node that the leader has not heard of yet may have workers and tables of an
/// earlier term, and none of this one may be taken for one of those.
struct term_numbers {
  worker_id first_worker;
  std::uint64_t first_table = 0;
};

/// Of the `app`-th application: 1, 2, 3…
inline term_numbers numbers_of(serval::epoch term, std::uint64_t app) {
  constexpr std::uint64_t workers_per_term = 10'000'000'000;
  constexpr std::uint64_t workers_per_app = 1'000'000;
  constexpr int tables_per_term_bits = 32;
  auto begin = defect("reuse_numbers") ? 0 : term.value;
  return {{begin * workers_per_term + app * workers_per_app + 1},
          begin << tables_per_term_bits};
}

} // namespace serval
