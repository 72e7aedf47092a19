#pragma once

#include "cluster/members.hpp"
#include "cluster/node_loads.hpp"
#include "cluster/placement.hpp"
#include "cluster/table_watch.hpp"
#include "model/app_inventory.hpp"
#include "model/node_report.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace serval {

/// Start this worker on that node.
struct order_start {
  std::string node;
  worker_order order;
};

struct order_stop {
  std::string node;
  std::string app;
  worker_key key;
  bool drain = false;
};

/// Give this table to that node.
struct order_publish {
  std::string node;
  std::shared_ptr<const app_table> table;
  /// The same for all nodes.
  std::shared_ptr<const std::vector<release_hosts>> hosts;
};

/// Answers `fleet::list`.
struct tell_applications {
  std::vector<std::string> names;
};

/// Answers `fleet::connect`.
struct tell_inventory {
  std::string app;
  app_inventory inventory;
};

struct tell_report {
  std::string app;
  node_report report;
};

/// A line for the operator.
struct tell_operator {
  std::string text;
};

using fleet_effect
  = std::variant<order_start, order_stop, order_publish, tell_applications,
                 tell_inventory, tell_report, tell_operator>;
using fleet_effects = std::vector<fleet_effect>;

/// All that one node has of one application, as it says when it joins.
using node_inventory = std::map<std::string, app_inventory>;

/// Makes the nodes of a cluster look like one to its app_masters: places each
/// worker, remembers where it is, and tells for all nodes together when a table
/// is known and a release idle. A pure core, of the leader; it lives as long as
/// its term.
///
/// What runs is found out from the nodes, never stored. A leader that has just
/// begun therefore answers no app_master before the nodes that it expects have
/// joined, or had time to: else it would start again what runs already.
class fleet {
public:
  struct settings {
    duration lost_after = std::chrono::seconds{3};
    /// How long a new leader waits for the nodes that it expects.
    duration gather_for = std::chrono::seconds{3};
    /// How long after a change it is seen whether workers should move.
    duration settle_after = std::chrono::seconds{1};
    /// Those that the leader before it had.
    std::set<std::string> expected;
    /// Those that it drained.
    std::set<std::string> drained = {};
    /// What it wrote at most, as all of its nodes read that.
    std::uint16_t expected_format = 1;
  };

  fleet(settings how, time_point now);

  // -- what app_masters want, see `worker_control` ----------------------------

  fleet_effects list();
  fleet_effects connect(const std::string& app, time_point now);
  void disconnect(const std::string& app);
  fleet_effects start(const worker_order& order, time_point now);
  fleet_effects stop(const std::string& app, worker_key key, bool drain);
  fleet_effects publish(std::shared_ptr<const app_table> table);

  // -- what becomes of nodes --------------------------------------------------

  fleet_effects joined(node_facts facts, node_inventory has, time_point now);
  fleet_effects reported(const std::string& node, const std::string& app,
                         const node_report& report, time_point now);
  fleet_effects link_lost(const std::string& node, time_point now);
  fleet_effects on_timer(time_point now);
  time_point due() const noexcept;

  // -- what the operator wants ------------------------------------------------

  /// Error: `not_found`.
  result<fleet_effects> drain(const std::string& node, time_point now);
  result<fleet_effects> undrain(const std::string& node, time_point now);

  const members& nodes() const noexcept {
    return members_;
  }

  /// How many workers are on a node.
  std::uint32_t workers_on(const std::string& node) const {
    return loads_.workers_on(node);
  }

  /// On which nodes an application's workers are.
  std::map<worker_id, std::string> find_workers(const std::string& app) const;

  /// The highest format of journal records that all nodes read, also those
  /// that are away.
  std::uint16_t journal_format(time_point now) const;

private:
  /// A worker that a node has or was told to start.
  struct placed_worker {
    std::string node;
    worker_key key;
    release_number release;
    std::shared_ptr<const app_spec> spec;
    std::string backend;
    worker_state state = worker_state::starting;
    std::int64_t pid = 0;
    /// Why it was asked to make place for one elsewhere; empty if it was not.
    std::string moves;
  };

  using workers_type = std::map<worker_id, placed_worker>;

  struct app_entry {
    /// Its app_master is there, and knows what runs.
    bool connected = false;
    /// It waits for the inventory.
    bool asks = false;
    workers_type workers;
    /// Workers that fit nowhere at the moment.
    std::map<worker_id, worker_order> pending;
    std::shared_ptr<const app_table> table;
    table_watch tables;
    std::uint64_t told_acked = 0;
    worker_id highest_id;
    /// Releases that served until others did, and are not known to be idle.
    std::set<release_number> ending;
  };

  bool reachable(const std::string& node) const;
  void add_worker(const std::string& app, placed_worker worker);
  void remove_worker(const std::string& app, workers_type::iterator which);
  bool gathered() const noexcept {
    return !gather_until_;
  }

  void finish_gathering(time_point now, fleet_effects& out);
  void level(const std::string& node, time_point now, fleet_effects& out);
  tell_applications name_those_that_run() const;
  void begin(const std::string& name, app_entry& app, time_point now,
             fleet_effects& out);
  static app_inventory take_stock(const app_entry& app);
  void join_app(const std::string& node, const std::string& name,
                const app_inventory& has, fleet_effects& out);
  void take_worker(const std::string& node, const std::string& name,
                   app_entry& app, const found_worker& found,
                   fleet_effects& out);
  using is_spared
    = std::function<bool(const std::string& app, const placed_worker& worker)>;
  void bury(const std::string& node, const std::string& why,
            const is_spared& spared, fleet_effects& out);
  std::shared_ptr<const std::vector<release_hosts>>
  hosts_of(const std::string& name, const app_entry& app) const;
  static void tell_level(const std::string& name, app_entry& app,
                         fleet_effects& out);
  void send_all_tables(const std::string& node, fleet_effects& out);
  void check_level(const std::string& node, time_point now,
                   fleet_effects& out);
  void forget_node(const std::string& node, fleet_effects& out);

  /// Error: why it fits nowhere.
  result<void> place(app_entry& app, const worker_order& order,
                     fleet_effects& out);
  void place_pending(fleet_effects& out);
  static worker_needs needs_of(const app_spec& spec,
                               const std::string& backend);
  void note(const std::string& node);
  void settle_later(time_point now);
  void settle_later(const std::string& app, time_point now);
  void settle(fleet_effects& out, time_point now);
  bool ask_to_leave(const std::string& name, app_entry& app,
                    fleet_effects& out);
  bool even_out(const std::string& name, app_entry& app, fleet_effects& out);
  void check_emptied(time_point now);

  settings how_;
  members members_;
  /// Set while nodes that are expected are waited for.
  std::optional<time_point> gather_until_;
  /// Those of them that have not joined, also when none is waited for any more.
  std::set<std::string> awaited_;
  /// When nodes that nobody told of have joined.
  time_point known_from_;
  /// The leader waits for the applications' names.
  bool asks_for_names_ = false;
  std::map<std::string, app_entry> apps_;
  /// The tables that nodes were sent as they joined and have not acknowledged.
  std::map<std::string, std::map<std::string, std::uint64_t>> to_be_level_;
  node_loads loads_;
  /// By node: each worker's application and id.
  std::map<std::string, std::set<std::pair<std::string, worker_id>>> on_node_;
  /// How many workers fit nowhere.
  std::size_t pending_ = 0;
  /// When it is seen whether workers should move; `max` if nothing has changed.
  time_point settle_at_ = time_point::max();
  /// Whose workers may have to move; all if nodes came or go.
  std::set<std::string> unsettled_;
  bool all_unsettled_ = false;
};

} // namespace serval
