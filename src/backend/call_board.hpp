#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "model/ids.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace serval {

/// Which call has each user thread of a worker process, in memory that process
/// and daemon share. It outlives the process, so that the daemon can tell which
/// calls ran when it died, however it died. What stands on it is only what the
/// process says: whoever reads it checks that such a call is open.
class call_board {
public:
  /// Of one user thread, which alone writes to it.
  struct alignas(64) place {
    std::atomic<std::uint64_t> call = 0; ///< 0 if none.
    std::atomic<std::int64_t> since = 0; ///< On the monotonic clock.
    std::atomic<std::uint64_t> progress = 0; ///< Grows with each change.
  };

  /// Threads beyond these have no place here.
  static constexpr std::size_t place_count = 64;

  /// No board: nothing ever runs.
  call_board() = default;

  /// Makes a board that can be handed to a process as a file descriptor.
  static result<call_board> make();

  /// The board behind an inherited descriptor; an unshared one if it is none.
  static call_board adopt(int fd);

  /// What to hand on. REQUIRES: comes from `make`.
  int fd() const noexcept {
    return fd_.get();
  }

  /// REQUIRES: comes from `make` or `adopt`, index < place_count
  place& at(std::size_t index) noexcept {
    return (*places_)[index];
  }

  /// What runs, or ran when the process died.
  std::vector<call_id> calls() const;

private:
  using places = std::array<place, place_count>;

  unique_fd fd_;
  std::shared_ptr<places> places_;
};

} // namespace serval
