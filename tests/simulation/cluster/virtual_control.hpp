#pragma once

#include "app_master/worker_control.hpp"
#include "cluster/control_pipe.hpp"
#include "cluster/fleet.hpp"
#include "simulation/cluster/daemon_place.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace serval::simulation {

/// What `cluster_control` does around the fleet: gives its orders to the links
/// that nodes opened, while its node leads.
class virtual_control final : public worker_control,
                              public control_pipe_events {
public:
  struct setup {
    std::function<std::string()> leader_address;
    std::function<std::set<std::string>()> expected;
    std::function<std::set<std::string>()> drained;
    std::function<void(bool leads)> on_term;
  };

  virtual_control(daemon_place at, setup how);

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

  void on_message(control_pipe& from, cluster_message message) override;
  void on_lost(control_pipe& which) override;

  /// An operator has a node emptied, or used again. False if this leads no
  /// more or knows no such node.
  bool drain(const std::string& node, bool on);

  /// Null while its node does not lead.
  const fleet* all() const noexcept {
    return fleet_ ? &*fleet_ : nullptr;
  }

  /// Another node opened a link for control.
  link_ears accept(link_handle link, const std::string& peer);

private:
  using release_specs = std::map<std::pair<std::string, release_number>,
                                 std::shared_ptr<const app_spec>>;

  struct session {
    std::shared_ptr<control_pipe> pipe;
    std::string boot_id;
    release_specs told;
  };

  struct app_door {
    inventory_handler on_inventory;
    report_handler on_report;
  };

  void in_term(serval::epoch under, std::function<void(fleet&)> what);
  void run(fleet_effects what);
  void arm();
  void on_timer();

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
  template <class Other>
  void take(control_pipe&, Other&) {
    // nop
  }

  void send(const std::string& node, cluster_body body);
  void tell_release(const std::string& node, const std::string& app,
                    release_number release,
                    const std::shared_ptr<const app_spec>& spec);
  void tell_members();
  void turn_away(control_pipe& from, const std::string& reason);

  daemon_place at_;
  setup how_;
  channel home_;
  serval::epoch epoch_;
  std::optional<fleet> fleet_;
  std::map<std::string, session> sessions_;
  std::uint64_t told_version_ = 0;
  time_point members_due_ = time_point::max();
  std::uint64_t timer_generation_ = 0;
  names_handler on_names_;
  std::map<std::string, app_door> apps_;
};

} // namespace serval::simulation
