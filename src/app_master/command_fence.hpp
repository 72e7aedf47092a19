#pragma once

#include "base/defect.hpp"
#include "model/ids.hpp"

#include <algorithm>

namespace serval {

/// Keeps those out who lead no more: remembers the highest epoch under which an
/// order came, and refuses lower ones. Two leaders may both believe that they
/// lead; behind the fence only one can act.
class command_fence {
public:
  /// Whether an order may be obeyed. Takes note of a new leader.
  bool admit(serval::epoch under) noexcept {
    highest_ = std::max(highest_, under);
    return under == highest_ || defect("obey_stale_leader");
  }

  /// The epoch that leads, as far as is known here; 0 if none ever did.
  serval::epoch highest() const noexcept {
    return highest_;
  }

private:
  serval::epoch highest_;
};

} // namespace serval
