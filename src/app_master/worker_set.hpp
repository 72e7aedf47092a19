#pragma once

#include "base/time.hpp"
#include "model/app_spec.hpp"
#include "model/ids.hpp"
#include "model/worker_order.hpp"
#include "model/worker_state.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// "Not before something else happens."
inline constexpr time_point never = time_point::max();

/// A worker as its app_master knows it.
struct worker_slot {
  worker_key key;
  release_number release;
  std::shared_ptr<const app_spec> spec;
  std::string backend;
  worker_state state = worker_state::backing_off;
  /// When its state is left by itself.
  time_point due = never;
  /// Since when it is ready, while it is.
  time_point ready_since;
  /// Failures in a row.
  std::uint32_t failures = 0;
  std::uint32_t restarts = 0;
  std::int64_t pid = 0;
  /// The last failure, or what it has against it; until it is ready again.
  std::string message;
  /// While queued: what it waits for.
  std::string waits_for;
  /// While unhealthy: whether its checks do not even return.
  bool hangs = false;
  /// The table version without it that dispatchers must have before it drains.
  std::uint64_t left_at = 0;
  friend bool operator==(const worker_slot&, const worker_slot&) = default;
};

/// A backend of one release.
struct backend_key {
  release_number release;
  std::string name;
  friend auto operator<=>(const backend_key&, const backend_key&) = default;
};

/// The workers of an application, and what each turn asks of all of them, kept
/// up as they change: so that a turn costs with what has changed, not with how
/// many workers there are.
class worker_set {
public:
  using slots = std::map<worker_id, worker_slot>;

  /// What the workers of one backend do.
  struct census {
    std::uint32_t present = 0;
    std::uint32_t wanted = 0;
    /// Wanted, not ready, and failed before.
    std::uint32_t failing = 0;
    /// By id.
    std::vector<worker_id> serving;
    friend bool operator==(const census&, const census&) = default;
  };

  const slots& all() const noexcept {
    return slots_;
  }

  /// Null if there is none. Its state and failures are counted, and set by the
  /// functions below alone.
  worker_slot* find(worker_id id);
  const worker_slot* find(worker_id id) const;

  /// Adds a worker, unless there is one of its id, and returns what is there.
  worker_slot& add(worker_slot worker);

  /// Only if there is one.
  void erase(worker_id id);

  void set_state(worker_slot& worker, worker_state state);
  void set_failures(worker_slot& worker, std::uint32_t failures);

  /// All that are not ready, by id: those that wait for something, or whose
  /// time runs. A copy, since they change as they are looked at.
  std::vector<worker_id> unsettled() const {
    return {unsettled_.begin(), unsettled_.end()};
  }

  /// Who has failed and was not stable since.
  const std::set<worker_id>& failed() const noexcept {
    return failed_;
  }

  /// Of backends that have workers.
  const std::map<backend_key, census>& backends() const noexcept {
    return backends_;
  }

  /// Zeros if the backend has no workers.
  const census& of(release_number release, const std::string& backend) const;

  /// Whether what is kept is what can be counted. For tests.
  bool is_consistent() const;

private:
  void count(const worker_slot& worker);
  void discount(const worker_slot& worker);

  slots slots_;
  std::set<worker_id> unsettled_;
  std::set<worker_id> failed_;
  std::map<backend_key, census> backends_;
};

} // namespace serval
