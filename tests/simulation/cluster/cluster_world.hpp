#pragma once

#include "simulation/cluster/cluster_operator.hpp"
#include "simulation/history.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval::simulation {

/// Many nodes, the store that they share and those who use them, in which
/// things go wrong as a seed decides. It lives in two parts, as a `world` does.
class cluster_world {
public:
  explicit cluster_world(std::uint64_t seed, bool talks = false);

  history live();

  const cluster_counts& counts() const noexcept {
    return in_.known.counts;
  }

private:
  struct place {
    std::unique_ptr<machine> at;
    std::unique_ptr<cluster_daemon> daemon;
  };

  void build(std::uint32_t number);
  void start(const std::string& node);
  void end(const std::string& node, bool silent);
  void kill(const std::string& node, bool silent);
  void end_pause(const std::string& node);
  /// The daemon that leads, if one does and can be reached.
  cluster_daemon* leader();
  const std::string& any_node();

  void schedule(duration every, void (cluster_world::*what)());
  void crash();
  void pause();
  void cut();
  void cut_way(const std::string& from, const std::string& to, duration span);
  void break_link();
  void hurt_worker();
  void store_outage();
  void restore();
  void look();
  void dump();
  void let_a_clock_run_away();

  void calm_down();
  void settle();
  bool lose_a_node();
  /// Empty if all is as it should be, else what is not.
  std::string unrest();
  std::string unrest_of(const std::string& app, cluster_daemon& leads);
  std::string unrest_of_nodes(cluster_daemon& leads);
  std::string unrest_of_tables(const std::string& app,
                               const app_table& wanted);
  /// A node that has room for one more worker of a backend; empty if none has.
  std::string room_for(const std::string& app, release_number release,
                       const backend_spec& backend, cluster_daemon& leads);

  std::uint64_t seed_;
  cluster_scene in_;
  fabric net_;
  cluster_store store_;
  store_door door_;
  std::vector<std::string> names_;
  std::map<std::string, place> places_;
  std::vector<std::unique_ptr<cluster_daemon>> ended_;
  std::uint64_t boots_ = 0;
  std::optional<cluster_operator> operator_;
};

} // namespace serval::simulation
