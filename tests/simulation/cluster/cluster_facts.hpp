#pragma once

#include "base/time.hpp"
#include "model/node_facts.hpp"
#include "model/worker_order.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serval::simulation {

/// Names a body of a worker: there may be two of one worker, on two nodes.
struct body_name {
  std::string node;
  std::string app;
  worker_key key;
  friend auto operator<=>(const body_name&, const body_name&) = default;
};

/// A worker that a node has.
struct body_truth {
  worker_order order;
  bool ready = false;
  bool told_to_stop = false;
  /// An old dump was restored that does not know its release.
  bool forgotten = false;
};

/// A machine and what its daemon does.
struct node_truth {
  node_facts facts;
  bool up = false;
  bool frozen = false;
  /// It never comes back.
  bool gone = false;
  /// Its clock goes so slowly that nothing can be promised of its lease.
  bool runs_away = false;
  /// Whom it obeys: the epoch under which it has joined; 0 if nobody.
  serval::epoch joined;
  /// When a leader welcomed it last.
  time_point welcomed = time_point::min();
};

/// Names an app_master: an old dump may have a term given to two leaders.
struct master_name {
  std::string leader;
  serval::epoch term;
  std::string app;
  friend auto operator<=>(const master_name&, const master_name&) = default;
};

/// How an app_master began: when it learned what runs, and how many old dumps
/// had been restored when it read its journal.
struct master_truth {
  time_point at;
  std::uint64_t restores = 0;
};

/// Who has the lease, as the store's clock has it.
struct lease_truth {
  serval::epoch epoch;
  std::string node;
  /// In true time.
  time_point until = time_point::min();
};

/// How often what happened, so that it can be seen whether worlds bite.
struct cluster_counts {
  std::uint64_t terms = 0;
  std::uint64_t stale_refused = 0;
  std::uint64_t turned_away = 0;
  std::uint64_t pauses = 0;
  std::uint64_t cuts = 0;
  std::uint64_t nodes_lost = 0;
  std::uint64_t workers_placed = 0;
  std::uint64_t workers_pending = 0;
  std::uint64_t workers_moved = 0;
  std::uint64_t drains = 0;
  std::uint64_t restores = 0;
  std::uint64_t orphans_kept = 0;
};

struct cluster_fact {
  std::string_view name;
  std::uint64_t times = 0;
};

inline std::vector<cluster_fact> facts_of(const cluster_counts& counts) {
  return {{"terms", counts.terms},
          {"stale_refused", counts.stale_refused},
          {"turned_away", counts.turned_away},
          {"pauses", counts.pauses},
          {"cuts", counts.cuts},
          {"nodes_lost", counts.nodes_lost},
          {"workers_placed", counts.workers_placed},
          {"workers_pending", counts.workers_pending},
          {"workers_moved", counts.workers_moved},
          {"drains", counts.drains},
          {"restores", counts.restores},
          {"orphans_kept", counts.orphans_kept}};
}

/// The releases that a journal knows, and what they are.
struct known_releases {
  std::map<release_number, std::string> hashes;
  release_number newest;

  bool has(release_number number, const std::string& hash) const {
    auto found = hashes.find(number);
    return number <= newest && (found == hashes.end() || found->second == hash);
  }
};

/// What is true in a world of many nodes: kept by the simulator itself, and not
/// asked of what is being tested.
struct cluster_facts {
  std::map<std::string, node_truth> nodes;
  std::map<body_name, body_truth> bodies;
  lease_truth lease;
  /// Terms that an old dump has taken the lease from, and whose numbers it may
  /// have given again.
  std::set<serval::epoch> given_twice;
  /// Those whose lease was counted by a clock that ran away.
  std::set<serval::epoch> miscounted;
  /// How app_masters began.
  std::map<master_name, master_truth> masters;
  cluster_counts counts;
};

} // namespace serval::simulation
