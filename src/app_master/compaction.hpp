#pragma once

#include "base/result.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace serval {

/// How many changes a journal may have beyond those that are needed before a
/// snapshot drops them.
inline constexpr std::size_t superfluous_max = 256;

/// Those of a journal's entries that still lead to the same `desired_app`: what
/// made the releases that matter, and the remembered operations.
std::vector<journal_entry> needed_entries(const journal& from);

/// The outcome of a snapshot.
struct journal_compacted {
  sequence upto;
  /// How many of the entries up to there are left.
  std::size_t kept = 0;
};

/// Replaces `app`'s entries up to `upto` by those that are needed. Blocks.
result<journal_compacted> compact(store& where, const std::string& app,
                                  epoch epoch, sequence upto);

/// Decides when that is done, so that what a journal holds is bounded: by what
/// is needed, `superfluous_max`, and what comes while a snapshot is written.
class compaction {
public:
  void begin(const journal& from);

  void appended(std::size_t changes) noexcept {
    held_ += changes;
  }

  /// Whether a snapshot is due; it is under way then, until `finish`.
  bool start_if_due() noexcept;

  /// Takes the outcome. What failed is tried again after as many changes as it
  /// takes to be due.
  void finish(const result<journal_compacted>& outcome, sequence last) noexcept;

private:
  /// Entries in the journal, and those of them that were needed when last
  /// looked at.
  std::size_t held_ = 0;
  std::size_t needed_ = 0;
  bool running_ = false;
};

} // namespace serval
