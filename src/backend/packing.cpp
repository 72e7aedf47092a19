#include "backend/packing.hpp"

#include <algorithm>

namespace serval {

std::uint32_t process_count(std::uint32_t workers,
                            std::uint32_t workers_per_process,
                            std::uint32_t processes_max) {
  if (workers <= 1)
    return workers;
  auto wanted = workers_per_process == 0
                  ? std::min(workers, processes_max)
                  : (workers - 1) / workers_per_process + 1;
  return std::max(wanted, 2u);
}

std::optional<std::size_t> place_worker(std::span<const std::uint32_t> loads,
                                        std::uint32_t wanted) {
  if (loads.size() < wanted || loads.empty())
    return std::nullopt;
  auto least = std::min_element(loads.begin(), loads.end());
  return static_cast<std::size_t>(least - loads.begin());
}

} // namespace serval
