#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace serval {

/// What the node does about the memory it uses, each stage on top of those
/// before it.
enum class memory_stage : std::uint8_t {
  ample,
  shrink,   ///< Idle connections are closed soon, free memory goes back.
  shed_low, ///< Requests of low priority are refused.
  refuse,   ///< New connections and requests are refused.
  critical, ///< Clients that take or send their bytes slowly are cut.
};

/// What is done at that stage, for people.
constexpr std::string_view to_string(memory_stage stage) noexcept {
  switch (stage) {
    case memory_stage::ample:
      break;
    case memory_stage::shrink:
      return "idle connections are closed";
    case memory_stage::shed_low:
      return "requests of low priority are refused";
    case memory_stage::refuse:
      return "new connections and requests are refused";
    case memory_stage::critical:
      return "slow clients are cut";
  }
  return "nothing is refused";
}

/// The present stage, for all loops to read.
using memory_gauge = std::atomic<memory_stage>;

/// Finds the stage from the memory in use. A stage is entered at its share of
/// the most that may be used, and left only clearly below it, so that the node
/// does not go back and forth.
class memory_pressure {
public:
  explicit memory_pressure(std::uint64_t bytes_max) noexcept
    : bytes_max_(bytes_max) {
    // nop
  }

  memory_stage update(std::uint64_t bytes_used) noexcept {
    auto used = static_cast<double>(bytes_used)
                / static_cast<double>(bytes_max_);
    auto reached = [&](std::size_t stage, double slack) {
      return used >= shares[stage] - slack;
    };
    auto at = static_cast<std::size_t>(stage_);
    while (at < shares.size() && reached(at, 0))
      ++at;
    while (at > 0 && !reached(at - 1, hysteresis))
      --at;
    return stage_ = static_cast<memory_stage>(at);
  }

private:
  /// At what share the first, second… stage after `ample` begins.
  static constexpr std::array<double, 4> shares = {0.80, 0.90, 0.95, 0.98};
  static constexpr double hysteresis = 0.02;

  std::uint64_t bytes_max_;
  memory_stage stage_ = memory_stage::ample;
};

} // namespace serval
