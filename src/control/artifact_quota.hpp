#pragma once

#include "base/result.hpp"
#include "control/artifact_store.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// How long an artifact is kept after its last use, whether anything refers to
/// it or not: one that was uploaded may be about to be deployed.
inline constexpr std::chrono::hours artifact_grace{1};

/// Which artifacts to remove so that `bytes` more fit into `bytes_max`: of
/// those that are not needed, and were not used for `artifact_grace`, the ones
/// that were not used for longest. No more than it takes; all of them if that
/// is not enough.
std::vector<stored_artifact>
choose_garbage(std::vector<stored_artifact> there,
               const std::set<std::string>& needed, std::uint64_t bytes,
               std::uint64_t bytes_max,
               std::chrono::file_clock::time_point now);

/// Keeps the artifacts of a node below a limit. Any thread may call; blocks on
/// the disk and on whoever knows what is needed.
class artifact_quota {
public:
  struct setup {
    artifact_store& store;
    /// 0 is no limit.
    std::uint64_t bytes_max = 0;
    /// What releases refer to that are kept or run. An error removes nothing.
    std::function<result<std::set<std::string>>()> needed;
    /// Told of each that was removed.
    std::function<void(const std::string& sha256)> on_removed;
    std::function<std::chrono::file_clock::time_point()> now;
  };

  explicit artifact_quota(setup how) : how_(std::move(how)) {
    // nop
  }

  /// Sees to it that there is room for so many bytes more. Error
  /// `store_failed`: everything that there is has to stay.
  result<void> make_room(std::uint64_t bytes);

private:
  setup how_;
  std::mutex mutex_;
};

} // namespace serval
