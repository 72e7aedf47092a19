#pragma once

#include "model/node_facts.hpp"
#include "wire/cluster_messages.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace serval {

/// Tell the agent what this node has of `app`, and from then on what happens.
struct watch_app {
  serval::epoch under;
  std::string app;
};

/// Obey the leader's order.
struct obey_start {
  serval::epoch under;
  worker_order order;
};

struct obey_stop {
  serval::epoch under;
  std::string app;
  worker_key key;
  bool drain = false;
};

struct obey_table {
  serval::epoch under;
  std::shared_ptr<const app_table> table;
  std::vector<release_hosts> hosts;
};

/// See to it that the artifact is here, from the leader if need be.
/// `node_agent::artifact_is_here` or `artifact_is_missing` is the answer.
struct fetch_artifact {
  std::string sha256;
};

struct send_to_leader {
  cluster_message message;
};

/// The leader is elsewhere, or this was none: try `address` next, or whoever
/// else may know if it is empty.
struct leave_leader {
  std::string reason;
  std::string address;
  /// It gave an order, and led no more.
  bool stale = false;
};

using agent_effect = std::variant<watch_app, obey_start, obey_stop, obey_table,
                                  fetch_artifact, send_to_leader, leave_leader>;
using agent_effects = std::vector<agent_effect>;

/// A node's side of its cluster's control: joins the leader with all that the
/// node has, takes its orders to whoever keeps the workers, and its reports
/// back. A pure core.
///
///   away --link is up--> counting --has all inventories--> joining
///   joining --Welcome--> joined;  any --link is lost, TurnAway--> away
///
/// A worker starts once its plugin is here. What a leader ordered and was not
/// begun is dropped with its link: the next one sees what is there, and orders
/// anew.
class node_agent {
public:
  explicit node_agent(node_facts facts) : facts_(std::move(facts)) {
    // nop
  }

  agent_effects link_is_up();
  agent_effects link_is_lost();

  /// There has been no leader for `cluster.lost_after`: workers stop whose
  /// application wants that.
  agent_effects left_alone();

  agent_effects on_message(cluster_message message);

  /// Answers `watch_app`.
  agent_effects on_inventory(const std::string& app, app_inventory has);
  agent_effects on_report(const std::string& app, node_report report);

  /// What brings a node that has been started anew to where this one is: the
  /// orders that are in force, in an order in which they can be obeyed.
  std::vector<cluster_message> kept() const;

  /// Changes whenever `kept` does.
  std::uint64_t kept_version() const noexcept {
    return kept_version_;
  }

  /// Obeys what was kept before the daemon was started anew, without a leader.
  /// The first call, if there is one.
  agent_effects restore(std::vector<cluster_message> kept);

  agent_effects artifact_is_here(const std::string& sha256);
  /// It was removed, as nothing here needed it.
  void artifact_is_gone(const std::string& sha256) {
    here_.erase(sha256);
  }
  agent_effects artifact_is_missing(const std::string& sha256,
                                    const std::string& why);

  bool joined() const noexcept {
    return state_ == state::joined;
  }

  /// The leader's name; empty while away.
  const std::string& leader() const noexcept {
    return leader_;
  }

  /// Where the leader's control API is.
  const std::string& leader_admin() const noexcept {
    return leader_admin_;
  }

  /// Who belongs to the cluster, as the last leader said.
  const members_message& members() const noexcept {
    return members_;
  }

  /// The highest epoch that a leader came with.
  serval::epoch epoch() const noexcept {
    return epoch_;
  }

private:
  enum class state : std::uint8_t {
    away,
    counting,
    joining,
    joined,
  };

  struct held_start {
    serval::epoch under;
    worker_order order;
  };

  struct app_knowledge {
    std::map<release_number, std::shared_ptr<const app_spec>> specs;
    bool watched = false;
    /// The workers that are to be here.
    std::map<worker_id, held_start> ordered;
    std::optional<publish_message> table;
  };

  void start(held_start what, agent_effects& out);
  void note_end(const std::string& app, const node_report& what);
  agent_effects fetch_held() const;
  void drop_old_specs(app_knowledge& app);
  void join_if_counted(agent_effects& out);
  static void add_uncounted(const worker_order& order, app_inventory& has);
  join_message describe();
  inventory_message describe(const std::string& app, app_inventory has) const;
  cluster_message message(cluster_body body) const;
  void watch(const std::string& app, agent_effects& out);
  void report(const std::string& app, node_report what, agent_effects& out);
  std::shared_ptr<const app_spec> spec_of(const std::string& app,
                                          release_number release) const;

  void take(welcome_message& what, agent_effects& out);
  void take(turn_away_message& what, agent_effects& out);
  void take(use_release_message& what, agent_effects& out);
  void take(start_order_message& what, agent_effects& out);
  void take(stop_order_message& what, agent_effects& out);
  void take(publish_message& what, agent_effects& out);
  void take(members_message& what, agent_effects& out);
  /// The rest is not for a node's agent.
  template <class Other>
  void take(Other&, agent_effects&) {
    // nop
  }

  node_facts facts_;
  state state_ = state::away;
  std::string leader_;
  std::string leader_admin_;
  serval::epoch epoch_;
  /// That of the message being taken.
  serval::epoch under_;
  std::map<std::string, app_knowledge> apps_;
  std::uint64_t kept_version_ = 0;
  members_message members_;
  /// What is counted while `counting`.
  std::map<std::string, app_inventory> counted_;
  /// Reports that came between an inventory and the join.
  std::vector<std::pair<std::string, node_report>> early_;
  /// Starts that wait for their plugin, by its SHA-256.
  std::map<std::string, std::vector<held_start>> held_;
  /// Artifacts that are here.
  std::set<std::string> here_;
};

} // namespace serval
