#pragma once

#include <algorithm>

namespace serval {

/// Keeps retries below a share of first attempts, so that they cannot multiply
/// an overload. Each first attempt pays in a tenth of a retry (the ratio of
/// "Site Reliability Engineering", chapter 21); what is saved up is bounded.
class retry_budget {
public:
  static constexpr double ratio = 0.1;
  static constexpr double saved_max = 100;

  void on_first_attempts(std::size_t count) noexcept {
    saved_ = std::min(saved_max, saved_ + ratio * static_cast<double>(count));
  }

  /// Whether one more retry may be made; takes it off the budget if so.
  bool try_retry() noexcept {
    if (saved_ < 1)
      return false;
    saved_ -= 1;
    return true;
  }

private:
  /// An application that has just started may retry a little too.
  double saved_ = 10;
};

} // namespace serval
