#include "trigger/retry_after.hpp"

#include <algorithm>

namespace serval {

namespace {

/// Nobody is sent away for longer than half of this: estimates of long queues
/// are poor, and what blocked them is often gone by then.
constexpr std::int64_t longest_s = 60;

} // namespace

retry_seconds retry_after(duration wait, random_source& random) noexcept {
  auto whole = std::chrono::ceil<std::chrono::seconds>(wait).count();
  auto least = static_cast<std::uint32_t>(
    std::clamp<std::int64_t>(whole, 1, longest_s / 2));
  return retry_seconds{
    static_cast<std::uint16_t>(least + random.below(least + 1))};
}

} // namespace serval
