#include "backend/packing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace serval;

namespace {

std::vector<std::uint32_t> pack(std::uint32_t workers,
                                std::uint32_t per_process) {
  std::vector<std::uint32_t> loads;
  auto wanted = process_count(workers, per_process);
  for (std::uint32_t i = 0; i < workers; ++i) {
    if (auto at = place_worker(loads, wanted))
      ++loads[*at];
    else
      loads.push_back(1);
  }
  return loads;
}

} // namespace

TEST_CASE("up to 64 workers have a process each") {
  for (std::uint32_t workers = 1; workers <= 64; ++workers)
    CHECK(pack(workers, 0) == std::vector<std::uint32_t>(workers, 1));
}

TEST_CASE("more workers are packed evenly") {
  for (std::uint32_t workers = 2; workers <= 500; ++workers) {
    for (std::uint32_t per_process : {0u, 1u, 3u, 10u, 1000u}) {
      auto loads = pack(workers, per_process);
      auto [least, most] = std::minmax_element(loads.begin(), loads.end());
      CHECK(*most - *least <= 1);
      if (per_process == 0)
        CHECK(loads.size() == std::min(workers, processes_default_max));
      else
        CHECK(*most <= per_process);
    }
  }
}

TEST_CASE("two workers of a backend never share the only process") {
  CHECK(pack(2, 0) == std::vector<std::uint32_t>{1, 1});
  CHECK(pack(2, 64) == std::vector<std::uint32_t>{1, 1});
  CHECK(pack(9, 9) == std::vector<std::uint32_t>{5, 4});
  CHECK(pack(1, 64) == std::vector<std::uint32_t>{1});
  CHECK(process_count(0, 0) == 0);
}

TEST_CASE("workers of a process that died go to the one that replaces it") {
  std::vector<std::uint32_t> loads{8, 8, 8};
  loads.erase(loads.begin());
  for (int i = 0; i < 8; ++i) {
    if (auto at = place_worker(loads, 3))
      ++loads[*at];
    else
      loads.push_back(1);
  }
  CHECK(loads == std::vector<std::uint32_t>{8, 8, 8});
}
