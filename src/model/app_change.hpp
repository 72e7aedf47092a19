#pragma once

#include "base/time.hpp"
#include "model/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace serval {

/// A new release was accepted. It becomes the one to bring up; what serves now
/// goes on until it is ready.
struct release_deployed {
  release_number number;
  /// The release's `app_spec` as canonical JSON text.
  std::string spec;
  /// What names the release's content: SHA-256 of `spec`, lower-case hex.
  std::string hash;
  friend bool operator==(const release_deployed&,
                         const release_deployed&) = default;
};

/// A release was ready and took over the application's requests.
struct release_promoted {
  release_number number;
  friend bool operator==(const release_promoted&,
                         const release_promoted&) = default;
};

/// A release could not be brought up and was given up.
struct release_failed {
  release_number number;
  std::string reason;
  friend bool operator==(const release_failed&,
                         const release_failed&) = default;
};

/// The operator set a backend's number of workers in one release.
struct workers_scaled {
  release_number number;
  std::string backend;
  std::uint32_t workers = 0;
  friend bool operator==(const workers_scaled&,
                         const workers_scaled&) = default;
};

/// The operator deleted the application. A later release brings it back to
/// life; release numbers go on.
struct application_deleted {
  friend bool operator==(const application_deleted&,
                         const application_deleted&) = default;
};

/// A command asked for what was so already. It is noted so that it is not
/// carried out when it comes again, after others.
struct nothing_changed {
  /// What it asked for, in the words in which repeated commands are compared.
  std::string command;
  friend bool operator==(const nothing_changed&,
                         const nothing_changed&) = default;
};

/// The operator had workers that the journal did not know taken into it. The
/// changes beside this one say as what.
struct orphans_adopted {
  /// The highest release of theirs; none as high is made again.
  release_number number;
  friend bool operator==(const orphans_adopted&,
                         const orphans_adopted&) = default;
};

/// The operator had workers ended that the journal did not know.
struct orphans_discarded {
  /// As in `orphans_adopted`.
  release_number number;
  friend bool operator==(const orphans_discarded&,
                         const orphans_discarded&) = default;
};

/// Everything that can happen to an application's desired state. The
/// alternatives are numbered in schemas/journal.fbs.
using change_kind
  = std::variant<release_deployed, release_promoted, release_failed,
                 workers_scaled, application_deleted, nothing_changed,
                 orphans_adopted, orphans_discarded>;

/// Who caused a change, why and by which command.
struct change_cause {
  /// Empty if Serval itself decided.
  std::string operation_id;
  std::string who;
  std::string reason;
  friend bool operator==(const change_cause&, const change_cause&) = default;
};

struct app_change {
  change_cause cause;
  change_kind what;
  friend bool operator==(const app_change&, const app_change&) = default;
};

/// A change in its place in an application's journal.
struct journal_entry {
  sequence number;
  /// The term of the leader that wrote it.
  serval::epoch epoch;
  wall_time at;
  app_change change;
  friend bool operator==(const journal_entry&, const journal_entry&) = default;
};

/// The change's name as history and dumps show it.
std::string_view name_of(const change_kind& what) noexcept;

} // namespace serval
