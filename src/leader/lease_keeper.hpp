#pragma once

#include "base/defect.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "link/back_off.hpp"
#include "store/store.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace serval {

struct lease_options {
  /// For how long the store grants the lease.
  duration valid_for = std::chrono::seconds{3};
  /// How often it is renewed.
  duration renew_every = std::chrono::seconds{1};
  /// How often it is asked for by those who do not have it, and how often at
  /// least if the store cannot be reached.
  duration ask_every = std::chrono::seconds{1};
  duration ask_every_max = std::chrono::seconds{4};
};

/// Ask the store for the lease: for a new epoch if `held` is zero.
struct ask_for_lease {
  serval::epoch held;
};

/// The control plane is this node's from now on, under `epoch`.
struct begin_to_lead {
  serval::epoch epoch;
};

/// The control plane is another's, or nobody's: give no more orders. Why is in
/// `lease_keeper::reason`.
struct cease_to_lead {};

using lease_effect = std::variant<ask_for_lease, begin_to_lead, cease_to_lead>;

/// Keeps the right to act for the control plane, or waits for it. A pure core:
/// what happened and the time come in, effects come out.
///
///   following --granted--> leading --expired or refused--> following
///
/// The store's clock decides when others may have the lease. This side counts
/// on its own monotonic clock, from before it asked, and stops a fifth early:
/// clocks that differ in speed by a quarter still agree on who leads. A program
/// that was stopped for longer finds its lease expired when it goes on, before
/// it does anything.
class lease_keeper {
public:
  explicit lease_keeper(lease_options how, std::uint64_t seed = 1)
    : how_(how), waits_(how.ask_every, how.ask_every_max, seed) {
    // nop
  }

  /// To be called at `due()`.
  std::vector<lease_effect> on_timer(time_point now);

  /// The store's answer to the last `ask_for_lease`.
  std::vector<lease_effect> on_answer(const result<lease_grant>& answer,
                                      time_point now);

  /// Gives the lease up, if it is there, and asks for none until `resume`.
  std::vector<lease_effect> rest(std::string reason, time_point now);
  void resume(time_point now);

  /// Whether orders may be given. Everything that acts asks at the moment in
  /// which it does. Once it is false of an epoch, it stays so.
  bool leads(time_point now) const noexcept {
    return epoch_ && (now < until_ || defect("lead_on_after_pause"));
  }

  /// Until when, unless it is renewed.
  time_point until() const noexcept {
    return until_;
  }

  serval::epoch epoch() const noexcept {
    return epoch_;
  }

  /// When `on_timer` has something to do.
  time_point due() const noexcept;

  /// Why this node does not lead, for people; if it does, what keeps it from
  /// renewing its lease.
  const std::string& reason() const noexcept {
    return reason_;
  }

private:
  std::vector<lease_effect> cease(std::string reason, time_point now);

  /// Why the lease has expired.
  std::string expiry() const;

  std::vector<lease_effect> take_refusal(const error& why, time_point now);

  lease_options how_;
  /// Between questions to a store that cannot be reached.
  back_off waits_;
  /// Zero while following.
  serval::epoch epoch_;
  time_point until_ = time_point::min();
  struct question {
    time_point at;
    serval::epoch held;
  };

  /// What the store was asked; nothing if no answer is awaited.
  std::optional<question> asked_;
  time_point next_ask_ = time_point::min();
  std::string reason_ = "the store has not been asked yet";
  bool rests_ = false;
};

} // namespace serval
