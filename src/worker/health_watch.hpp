#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace serval {

/// When a worker is asked for its health, and what its answers mean. User code
/// is asked between calls, so that time does not count while calls are in hand:
/// a call has its own deadline, past which it is a hang.
class health_watch {
public:
  struct limits {
    /// From one answer to the next question; zero asks never.
    duration period{};
    duration timeout{};
    std::uint32_t failures = 1;
  };

  /// What has become known: the checks have failed too often in a row.
  struct verdict {
    std::string reason;
    bool hangs = false; ///< The last one did not even return.
  };

  /// What is to be done.
  struct step {
    bool ask = false;
    std::optional<verdict> unhealthy;
  };

  /// `seed` spreads the questions to workers that became ready together.
  health_watch(limits how, std::uint64_t seed);

  /// The worker serves, which it does not before a first check went well.
  void begin(time_point now);

  /// The worker is about to end, or has ended: no more questions.
  void end();

  /// `due` has come. `busy`: the worker has calls in hand, or had since the
  /// last time.
  step on_timer(time_point now, bool busy);

  /// The answer to the last question; `busy` as before.
  step on_answer(const result<void>& how, time_point now, bool busy);

  /// When `on_timer` is to be called; nothing if never.
  std::optional<time_point> due() const noexcept {
    return due_;
  }

private:
  void ask_after_period(time_point now);
  step fail(const std::string& why, bool hangs);

  limits how_;
  random_source random_;
  std::optional<time_point> due_;
  bool asked_ = false;
  /// The open question has counted as a failure.
  bool overdue_ = false;
  /// Since when the question is open and nothing else keeps user code busy.
  time_point waiting_since_;
  /// In a row.
  std::uint32_t failures_ = 0;
};

} // namespace serval
