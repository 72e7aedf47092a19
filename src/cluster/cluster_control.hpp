#pragma once

#include "app_master/worker_control.hpp"
#include "cluster/control_pipe.hpp"
#include "cluster/fleet.hpp"
#include "loop/loop.hpp"
#include "model/status.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// What the control of a cluster works with. The references outlive it.
struct cluster_control_setup {
  /// The control loop.
  loop& home;
  /// This node's.
  std::string name;
  /// Where its control API is; asked for each node that joins.
  std::function<std::string()> admin;
  /// Tries out a plugin on this node; answers its warnings. Any thread, either
  /// way.
  std::function<void(std::shared_ptr<const app_spec>,
                     std::function<void(result<std::vector<std::string>>)>)>
    probe;
  duration lost_after = std::chrono::seconds{3};
  duration gather_for = std::chrono::seconds{3};
  /// Reads the part of an artifact that begins there; answers on the control
  /// loop.
  std::function<void(artifact_request_message,
                     std::function<void(artifact_part_message)>)>
    read_artifact;
  /// Where the leader is, for nodes that came here although it is not; empty if
  /// that is unknown.
  std::function<std::string()> leader_address;
  /// What the leader before this one told of its nodes, as far as is known
  /// here.
  std::function<members_message()> members;
  /// This node leads from now on, or does not any more.
  std::function<void(bool leads)> on_term;
  std::function<void(const std::string&)> log;
  /// The nodes have changed; none once this node leads no more.
  std::function<void(const std::map<std::string, member>&)> on_nodes
    = [](const auto&) {};
};

/// The leader's control over all nodes of its cluster, for its app_masters: the
/// `fleet` with its effects, and the links that nodes opened. While this node
/// does not lead, it turns nodes away and obeys nobody.
class cluster_control final : public worker_control,
                              public control_pipe_events,
                              private timer {
public:
  explicit cluster_control(cluster_control_setup setup);

  ~cluster_control() override;

  // -- any thread -------------------------------------------------------------

  /// All nodes, by name. Error `unavailable` while this node does not lead.
  void list_nodes(std::function<void(result<std::vector<node_status>>)> reply);

  /// On which nodes an application's workers are; empty while this node does
  /// not lead.
  void find_workers(
    std::string app,
    std::function<void(std::map<worker_id, std::string>)> reply);

  /// Has a node's workers replaced elsewhere, or takes that back.
  void drain(std::string node, bool on,
             std::function<void(result<void>)> reply);

  void begin_term(serval::epoch epoch) override;
  void end_term(serval::epoch epoch) override;
  void list(serval::epoch under, names_handler on_names) override;
  void connect(serval::epoch under, std::string app,
               inventory_handler on_inventory,
               report_handler on_report) override;
  void disconnect(serval::epoch under, std::string app) override;
  void probe(serval::epoch under, std::string app, release_number release,
             std::shared_ptr<const app_spec> spec) override;
  void start(serval::epoch under, worker_order order) override;
  void stop(serval::epoch under, std::string app, worker_key key,
            bool drain) override;
  void publish(serval::epoch under,
               std::shared_ptr<const app_table> table) override;

  // -- on the control loop ----------------------------------------------------

  /// The highest format of journal records that all nodes read.
  std::uint16_t journal_format() const;

  void on_message(control_pipe& from, cluster_message message) override;
  void on_lost(control_pipe& which) override;

private:
  using release_specs
    = std::map<std::pair<std::string, release_number>,
               std::shared_ptr<const app_spec>>;

  struct session {
    std::shared_ptr<control_pipe> pipe;
    /// Of the daemon at its other end.
    std::string boot_id;
    /// The releases that it knows by their specs.
    release_specs told;
  };

  struct app_door {
    inventory_handler on_inventory;
    report_handler on_report;
  };

  void on_timer(time_point now) override;

  /// Of the fleet in a new term.
  fleet::settings new_settings() const;
  /// Runs `what` on the control loop, if `under` is the present term.
  void in_term(serval::epoch under, std::function<void(fleet&)> what);
  void run(fleet_effects what);
  void arm();

  void obey(order_start& what);
  void obey(order_stop& what);
  void obey(order_publish& what);
  void obey(tell_applications& what);
  void obey(tell_inventory& what);
  void obey(tell_report& what);
  void obey(tell_operator& what);

  void take(control_pipe& from, join_message& join);
  void take(control_pipe& from, report_message& report);
  void take(control_pipe& from, artifact_request_message& request);
  /// The rest is not for a leader.
  template <class Other>
  void take(control_pipe&, Other&) {
    // nop
  }

  void send(const std::string& node, cluster_body body);
  void tell_release(const std::string& node, const std::string& app,
                    release_number release,
                    const std::shared_ptr<const app_spec>& spec);
  void tell_members_later();
  void tell_members();
  void turn_away(control_pipe& from, const std::string& reason);

  cluster_control_setup setup_;
  /// Zero while this node does not lead.
  serval::epoch epoch_;
  std::optional<fleet> fleet_;
  std::map<std::string, session> sessions_;
  /// Of the members, as all nodes were told.
  std::uint64_t told_version_ = 0;
  /// When they are told again; `max` if nothing has changed.
  time_point members_due_ = time_point::max();
  names_handler on_names_;
  std::map<std::string, app_door> apps_;
};

} // namespace serval
