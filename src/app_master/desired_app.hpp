#pragma once

#include "model/app_change.hpp"
#include "model/app_spec.hpp"
#include "store/store.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace serval {

/// A release as the journal knows it.
struct release_record {
  release_number number;
  std::string hash;
  /// Null if this program cannot read the spec; `problem` says why.
  std::shared_ptr<const app_spec> spec;
  std::string problem;
  /// Numbers of workers that the operator set after the deploy, by backend.
  std::map<std::string, std::uint32_t, std::less<>> scaled;

  std::uint32_t workers_of(const backend_spec& backend) const;

  /// Compares the specs themselves.
  friend bool operator==(const release_record& a, const release_record& b);
};

/// A release that was given up, and why.
struct failed_release {
  release_number number;
  std::string hash;
  std::string reason;
  friend bool operator==(const failed_release&,
                         const failed_release&) = default;
};

/// A command that was carried out, so that it is not carried out again.
struct known_operation {
  std::string id;
  /// See `operation_text`.
  std::string text;
  sequence number;
  friend bool operator==(const known_operation&,
                         const known_operation&) = default;
};

/// What an operation that led to this change asked for; a command that asks for
/// the same has the same text.
std::string operation_text(const change_kind& what);

/// What an application should be: the sum of its journal. Changed by `apply`
/// alone, live and in recovery.
struct desired_app {
  /// The last change applied.
  sequence last;
  /// The highest release ever deployed, or known of orphans.
  release_number newest;
  /// No release was deployed since the application was deleted.
  bool deleted = true;
  /// The release that takes requests.
  std::optional<release_record> serving;
  /// The release that took requests before, unless `serving` is a return to
  /// it.
  std::optional<release_record> previous;
  /// The release that is being brought up.
  std::optional<release_record> target;
  /// The last release, if it could not be brought up.
  std::optional<failed_release> failed;
  /// The last operations, oldest first; see `remembered_operations`.
  std::deque<known_operation> operations;
  friend bool operator==(const desired_app&, const desired_app&) = default;
};

/// How many operations are remembered for repeated commands.
inline constexpr std::size_t remembered_operations = 256;

/// Applies the next change. Total: a change that does not fit, which no
/// app_master writes, is counted and otherwise ignored.
void apply(desired_app& app, sequence number, const app_change& change);

/// What a journal says, from its first entry to its last.
desired_app replay(const journal& from);

/// The operation of that id, or null.
const known_operation* find_operation(const desired_app& app,
                                      std::string_view id);

} // namespace serval
