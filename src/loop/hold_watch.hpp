#pragma once

#include "base/time.hpp"
#include "loop/code_board.hpp"

#include <optional>

namespace serval {

/// Finds out, by looking at a loop's board now and then, that one turn of user
/// code keeps the loop from everything else. Pure.
class hold_watch {
public:
  /// A turn may take this long; user code that runs in line is to be short.
  static constexpr duration patience = std::chrono::milliseconds{100};

  struct hold {
    code_board::view who = 0;
    duration so_far{}; ///< At least.
    duration added{};  ///< Since this hold was last answered.
    /// Worth a line: new, or ten times as long as when there was the last.
    bool tell = false;
  };

  /// The board shows `seen` at `now`. Answers a turn that takes too long.
  std::optional<hold> look(code_board::view seen, time_point now) {
    if (seen != seen_ || seen == 0) {
      *this = {};
      seen_ = seen;
      since_ = now;
      return std::nullopt;
    }
    auto so_far = now - since_;
    if (so_far < patience)
      return std::nullopt;
    hold found{seen, so_far, so_far - counted_, so_far >= tell_at_};
    counted_ = so_far;
    if (found.tell)
      tell_at_ = 10 * so_far;
    return found;
  }

private:
  code_board::view seen_ = 0;
  time_point since_;
  duration counted_{};
  duration tell_at_ = patience;
};

} // namespace serval
