#include "app_master/supervision.hpp"

#include <algorithm>

namespace serval {

duration start_timeout_of(const supervision_options& options,
                          const backend_spec& backend) {
  return backend.start_timeout == duration::zero() ? options.start_timeout
                                                   : backend.start_timeout;
}

duration restart_pause(const supervision_options& options,
                       std::uint32_t failures, random_source& random) {
  if (failures <= 1)
    return duration::zero();
  auto span = options.back_off_first;
  for (std::uint32_t i = 2; i < failures && span < options.back_off_max; ++i)
    span *= 2;
  span = std::min(span, options.back_off_max);
  auto shorter = random.unit() / 2;
  return span
         - duration{static_cast<duration::rep>(
           static_cast<double>(span.count()) * shorter)};
}

std::uint32_t recycles_at_once(std::uint32_t workers) noexcept {
  return std::max(1u, workers / 10);
}

time_point restart_limit::reserve(time_point now, std::uint32_t burst,
                                  duration period) {
  auto interval = period / burst;
  drained_ = std::max(drained_, now) + interval;
  return std::max(now, drained_ - period);
}

} // namespace serval
