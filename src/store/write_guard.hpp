#pragma once

#include "store/store.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace serval {

/// Decides which writes a store accepts: knows the last sequence of every
/// journal and who holds the lease. Every store of ours asks the same guard, so
/// that all refuse alike. Not thread-safe.
class write_guard {
public:
  /// Checks an append and, if it is fine, counts its changes as written.
  result<sequence> admit(const append_request& request);

  /// Checks a snapshot; `restore_snapshot` counts it as written.
  result<void> admit_snapshot(std::string_view app, serval::epoch epoch,
                              sequence upto,
                              const std::vector<journal_entry>& kept) const;

  /// Grants, renews or refuses the lease.
  result<lease_grant> admit_lease(std::string_view holder, duration valid_for,
                                  serval::epoch held, time_point now);

  /// Restores what the store says at start-up. A lease is not restored, only
  /// its epoch: whoever opened an embedded store has it for itself.
  void restore_journal(std::string app, sequence last);
  void restore_snapshot(std::string app, sequence upto);
  void restore_epoch(serval::epoch last);

  sequence last_of(std::string_view app) const;

  /// How far the last snapshot reaches; 0 if there is none.
  sequence snapshot_of(std::string_view app) const;

  serval::epoch last_epoch() const noexcept {
    return epoch_;
  }

  lease_record last_lease() const {
    return {epoch_, holder_};
  }

  /// The sum of all journals' last sequences.
  std::uint64_t total() const noexcept {
    return total_;
  }

  std::vector<std::string> applications() const;

private:
  result<void> check_epoch(std::string_view what, serval::epoch epoch) const;

  std::map<std::string, sequence, std::less<>> last_;
  std::map<std::string, sequence, std::less<>> snapshots_;
  std::uint64_t total_ = 0;
  serval::epoch epoch_;
  std::string holder_;
  time_point expires_ = time_point::min();
};

} // namespace serval
