#pragma once

#include "app_master/worker_control.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace serval {

/// Says which worker starts next on a node, so that starts do not take it from
/// those who serve, and one application's starts not from another's:
///
/// - So many starts are in progress at most. An application has no more of the
///   places than are left free for others.
/// - Workers that have failed before start one after the other at a limited
///   rate, behind those that have not. Whoever crashes again and again costs a
///   known part of the node, and never all of its processors at once.
/// - Applications take turns.
class start_gate {
public:
  struct limits {
    std::uint32_t in_progress = 16;
    /// Starts of workers whose last start or life failed, at most one in so
    /// much time.
    duration again_interval = std::chrono::milliseconds{50};
  };

  struct entry {
    std::string app;
    worker_key key;
    /// It has failed more than once in a row.
    bool again = false;

    friend bool operator==(const entry&, const entry&) = default;
  };

  explicit start_gate(limits how);

  /// One more wants to start. REQUIRES: the key is not here.
  void add(entry who);

  /// It has started, failed, or is not to start any more. No effect if it is
  /// not here.
  void remove(const std::string& app, worker_key key);

  /// Who starts now; in progress from here on.
  std::vector<entry> admit(time_point now);

  /// When `admit` may let another in although nothing was removed.
  std::optional<time_point> due() const;

  /// Why those wait that do.
  std::string why() const;

private:
  struct line {
    std::deque<worker_key> first;
    std::deque<worker_key> again;
    std::vector<worker_key> started;
  };

  std::optional<entry> next(const std::string& app, line& of, time_point now);

  limits how_;
  std::map<std::string, line> lines_;
  /// The application that had the last turn.
  std::string last_;
  std::uint32_t in_progress_ = 0;
  /// When the next worker that has failed may start.
  time_point again_at_ = time_point::min();
  bool again_waits_ = false;
};

} // namespace serval
