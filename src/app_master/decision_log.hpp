#pragma once

#include "model/decision.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

namespace serval {

/// The last decisions of an app_master, so that it can be asked why. Bounded:
/// the oldest go first, and one that is made again about the same thing takes
/// no second place, so that a worker in a crash loop pushes out nobody else.
class decision_log {
public:
  static constexpr std::size_t capacity = 256;

  void note(time_point now, std::string about, std::string what,
            std::string why);

  /// Oldest first.
  std::vector<decision> tell(time_point now) const;

  /// Of a log and a copy of it: whether neither went on since.
  friend bool operator==(const decision_log& a, const decision_log& b) {
    return a.last_ == b.last_;
  }

private:
  struct entry {
    time_point at;
    decision made;
  };

  std::deque<entry> entries_;
  std::uint64_t last_ = 0;
};

} // namespace serval
