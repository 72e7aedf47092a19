#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace serval {

/// Keeps retries below a share of first attempts, so that they cannot multiply
/// an overload: over a sliding window of ten seconds, a tenth of the first
/// attempts ("Site Reliability Engineering", chapter 21). An application with
/// little traffic, or one that has just begun, may retry three a second all the
/// same (Finagle lets a client ten): few calls overload nobody, and as many are
/// lost with a node that falls silent under a hundred a second.
class retry_budget {
public:
  static constexpr double ratio = 0.1;
  static constexpr std::uint64_t always = 30;
  static constexpr duration window = std::chrono::seconds{10};

  void on_first_attempts(std::uint64_t count, time_point now) noexcept {
    slot_at(now).firsts += count;
  }

  /// Whether one more retry may be made; takes it off the budget if so.
  bool try_retry(time_point now) noexcept {
    auto& current = slot_at(now);
    std::uint64_t firsts = 0;
    std::uint64_t retries = 0;
    for (auto& each : slots_) {
      firsts += each.firsts;
      retries += each.retries;
    }
    auto allowed = static_cast<std::uint64_t>(ratio
                                              * static_cast<double>(firsts));
    if (retries >= std::max(always, allowed))
      return false;
    ++current.retries;
    return true;
  }

private:
  static constexpr std::size_t slot_count = 10;
  static constexpr duration slot_span = window / slot_count;

  struct slot {
    std::uint64_t firsts = 0;
    std::uint64_t retries = 0;
  };

  /// The slot of `now`; clears what has left the window since the last call.
  slot& slot_at(time_point now) noexcept {
    auto number = now.time_since_epoch() / slot_span;
    if (number > last_) {
      auto fresh = std::min<std::int64_t>(number - last_, slot_count);
      for (std::int64_t i = 0; i < fresh; ++i)
        slots_[static_cast<std::size_t>(number - i) % slot_count] = {};
      last_ = number;
    }
    return slots_[static_cast<std::size_t>(last_) % slot_count];
  }

  std::array<slot, slot_count> slots_{};
  /// The number of the slot of the last call, counted from the epoch.
  std::int64_t last_ = 0;
};

} // namespace serval
