#include "backend/process_pool.hpp"

#include <algorithm>
#include <numeric>

namespace serval {

process_pool::process_pool(loop& home, spawner& from, process_options options,
                           std::uint32_t workers_per_process,
                           std::uint32_t processes_max)
  : home_(home),
    spawner_(from),
    options_(std::move(options)),
    workers_per_process_(workers_per_process),
    processes_max_(processes_max) {
  // nop
}

std::unique_ptr<process_body>
process_pool::start_worker(body_order order, std::uint32_t workers,
                           worker_body_events& events) {
  std::erase_if(processes_, [](auto& each) {
    auto process = each.lock();
    return !process || !process->usable() || process->outgrown();
  });
  std::vector<std::uint32_t> loads;
  for (auto& each : processes_)
    loads.push_back(static_cast<std::uint32_t>(each.lock()->worker_count()));
  // After a scale there are more than the spec speaks of.
  auto present = std::accumulate(loads.begin(), loads.end(), 0u);
  auto wanted = process_count(std::max(workers, present + 1),
                              workers_per_process_, processes_max_);
  auto at = place_worker(loads, wanted);
  auto process = at ? processes_[*at].lock()
                    : worker_process::start(home_, spawner_, options_);
  if (!at)
    processes_.push_back(process);
  return std::make_unique<process_body>(std::move(process), std::move(order),
                                        events);
}

} // namespace serval
