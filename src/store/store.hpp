#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/app_change.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Changes to be added to one application's journal, all or none.
struct append_request {
  std::string app;
  /// The term of the leader that asks.
  serval::epoch epoch;
  /// The journal's last sequence as the writer knows it; 0 for a new journal.
  sequence expected;
  /// Wall clock, for the record only.
  wall_time at;
  std::vector<app_change> changes;
};

/// An application's journal as far as it still matters: applied in order, its
/// entries make the application's state.
struct journal {
  /// The last change's number; 0 if there is none.
  sequence last;
  std::vector<journal_entry> entries;

  friend bool operator==(const journal&, const journal&) = default;
};

/// The right to write, until somebody else is granted a higher epoch.
struct lease_grant {
  serval::epoch epoch;
  /// Counted by the holder from before it asked.
  duration valid_for;
};

/// Who was granted the lease last; whether it has expired is not said.
struct lease_record {
  /// 0 if nobody ever was.
  serval::epoch epoch;
  /// As the holder called itself.
  std::string holder;
};

/// The durable home of the control plane's state. Calls block until the answer
/// is durable and may come from any thread: callers keep a small pool. What
/// failed with `store_failed`, or with `unavailable` as the store could not be
/// reached, may or may not have been written.
class store {
public:
  virtual ~store() = default;

  /// Adds changes and returns the last one's number. In the same write the
  /// store checks that `epoch` is the one it granted last (else `stale_epoch`)
  /// and that the journal ends at `expected` (else `conflict`).
  virtual result<sequence> append(const append_request& request) = 0;

  /// What `app`'s journal says; an empty journal if there is none.
  virtual result<journal> read(std::string_view app) = 0;

  /// Replaces all entries up to `upto` by `kept`, a selection of them that
  /// leads to the same state. Conditional on `epoch` like an append; `conflict`
  /// if `upto` is beyond the journal's end. One that reaches less far than the
  /// one before is refused or has no effect.
  virtual result<void> snapshot(std::string_view app, serval::epoch epoch,
                                sequence upto,
                                std::vector<journal_entry> kept)
    = 0;

  /// The names of all applications that have a journal, in order.
  virtual result<std::vector<std::string>> applications() = 0;

  /// Grants or renews the lease. With `held` it is renewed, if that epoch is
  /// still the last one granted (else `stale_epoch`); without, it is granted
  /// under a new epoch, if nobody else's has yet to expire (else `conflict`).
  /// The store's own clock decides.
  virtual result<lease_grant> lease(std::string_view holder,
                                    duration valid_for,
                                    serval::epoch held = {})
    = 0;

  /// Who has the lease, or had it last.
  virtual result<lease_record> last_lease() = 0;
};

} // namespace serval
