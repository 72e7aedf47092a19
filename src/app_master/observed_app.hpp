#pragma once

#include "app_master/decision_log.hpp"
#include "app_master/supervision.hpp"
#include "app_master/worker_control.hpp"
#include "app_master/worker_set.hpp"
#include "model/app_table.hpp"
#include "model/app_state.hpp"
#include "model/backend_state.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// A release that no longer gets requests but still has some in progress.
struct leaving_release {
  std::shared_ptr<const app_spec> spec;
  /// When its workers are stopped, whatever is in progress.
  time_point due;
};

/// How far the release is that is being brought up.
struct bring_up {
  release_number release;
  bool probed = false;
  std::string probe_problem;
  /// When the release is given up, unless more workers get ready than ever.
  time_point due = never;
  std::size_t most_ready = 0;
  /// Set while the journal is asked to record how it ended.
  bool decided = false;
  /// Not before then, after the journal refused.
  time_point decide_at = time_point::min();
  friend bool operator==(const bring_up&, const bring_up&) = default;
};

/// How a backend does.
struct backend_life {
  backend_state state = backend_state::updating;
  /// How many workers it should have.
  std::uint32_t wanted = 0;
  /// Spreads its restarts.
  restart_limit restarts;
  /// Whether one of its workers ever got ready.
  bool any_started = false;
  /// How many starts failed while its release is being brought up: of all
  /// workers until one gets ready, in a row of one worker afterwards. And why
  /// the last one did.
  std::uint32_t failed_starts = 0;
  std::string reason;
  friend bool operator==(const backend_life&, const backend_life&) = default;
};

/// How a release does that has taken over from another.
struct trial {
  release_number release;
  time_point until;
  /// Deaths of ready workers by backend, and the last one's reason.
  struct deaths_of_backend {
    std::uint32_t count = 0;
    std::string reason;
    friend bool operator==(const deaths_of_backend&,
                           const deaths_of_backend&) = default;
  };
  std::map<std::string, deaths_of_backend, std::less<>> deaths;
  /// Set while the journal is asked to bring the other back, and after that.
  bool taken_back = false;
  /// Not before then, after the journal refused.
  time_point not_before = time_point::min();
  friend bool operator==(const trial&, const trial&) = default;
};

/// A release that was deployed because the one after it kept dying.
struct returned_release {
  release_number number;
  /// The one whose spec it has.
  release_number like;
  std::string reason;
  friend bool operator==(const returned_release&,
                         const returned_release&) = default;
};

/// What an application is: found out from the node's reports, never stored.
struct observed_app {
  app_state state = app_state::not_started;
  std::map<backend_key, backend_life> backends;
  worker_set workers;
  /// The next new worker's id.
  worker_id next_id{1};
  std::map<release_number, leaving_release> leaving;
  std::optional<bring_up> coming;
  /// The release whose workers the last table called serving.
  release_number serving;
  std::shared_ptr<const app_spec> serving_spec;
  std::optional<trial> on_trial;
  std::optional<returned_release> taken_back;
  decision_log decisions;
  /// The last published table; version 0 if there was none.
  app_table table;
  /// A table below this version is an earlier leader's: nodes that were away
  /// may have others of that version.
  std::uint64_t first_table = 0;
  /// The highest version that all loops have.
  std::uint64_t acked = 0;
  /// Releases of running workers that the journal does not know; see
  /// `adoption.hpp`.
  std::set<release_number> unknown;
  /// What a probe found out that stops nothing.
  std::map<release_number, std::vector<std::string>> warnings;
};

} // namespace serval
