#pragma once

#include "base/result.hpp"
#include "store/store.hpp"

#include <string>
#include <string_view>

namespace serval {

/// The entries of one application as they lie in a store: each record carries
/// the SHA-256 of the link before it and of its own bytes, so that a record
/// that was changed, dropped, swapped or taken from elsewhere breaks the chain.
/// A checksum would find a flipped bit as well; only a hash also finds a piece
/// of a valid older journal, for a microsecond where a sync takes hundreds.
class record_chain {
public:
  explicit record_chain(std::string app) : app_(std::move(app)) {
    // nop
  }

  /// The stored form of `entry`, which becomes the chain's last.
  std::string append(const journal_entry& entry);

  /// Reads a stored entry, which must be the next in the chain.
  result<journal_entry> follow(std::string_view stored);

  /// The stored form of a snapshot of all entries so far, of which `kept` are
  /// still needed.
  std::string snapshot(const std::vector<journal_entry>& kept) const;

  /// The stored form of a journal of another store, as a snapshot; the chain
  /// goes on behind it. REQUIRES: it is the first that the chain has
  std::string take_over(const journal& from);

  /// Reads a snapshot; the chain goes on behind it.
  result<std::vector<journal_entry>> start_from(std::string_view stored);

  const std::string& app() const noexcept {
    return app_;
  }

  sequence last() const noexcept {
    return last_;
  }

  /// Of the last entry, 64 hex digits; empty before the first.
  const std::string& hash() const noexcept {
    return hash_;
  }

  /// How far the snapshot reaches that it started from; 0 if there is none.
  sequence snapshot_end() const noexcept {
    return snapshot_end_;
  }

private:
  error broken(std::string_view why) const;

  std::string link_to(std::string_view record) const;

  std::string app_;
  sequence last_;
  sequence snapshot_end_;
  std::string hash_;
};

} // namespace serval
