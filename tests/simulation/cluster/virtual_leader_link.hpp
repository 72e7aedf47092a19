#pragma once

#include "cluster/control_pipe.hpp"
#include "cluster/leader_search.hpp"
#include "cluster/node_agent.hpp"
#include "simulation/cluster/machine_shelf.hpp"
#include "simulation/cluster/virtual_host.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace serval::simulation {

/// What `leader_link` does around the node's agent: keeps the node joined to
/// its leader, which it looks for again whenever it is lost.
class virtual_leader_link {
public:
  /// `leader_hint` is where the store says that the leader is.
  virtual_leader_link(daemon_place at, virtual_host& host,
                      std::vector<std::string> known,
                      std::function<std::string()> leader_hint);

  void start();

  /// This node leads itself: joins through `own`. Nothing: it leads no more.
  void lead_by(control_pipe_events* own);

  std::set<std::string> members() const;
  std::set<std::string> drained() const;

  std::string leader_address() const;

  const node_agent& agent() const noexcept {
    return agent_;
  }

private:
  class own_pipe;

  void look_on();
  void try_next(const std::string& address);
  void open_own();
  void drop_link();
  void leave(const std::string& address);
  void take(cluster_message message, const std::string& from);
  void take_stray(const std::string& bytes, const std::string& from);
  void run(agent_effects what);
  void keep_later();
  link_ears ears(const std::string& address, std::uint64_t attempt);
  void later(duration wait, process::event what);

  void obey(watch_app& what);
  void obey(obey_start& what);
  void obey(obey_stop& what);
  void obey(obey_table& what);
  void obey(fetch_artifact& what);
  void obey(send_to_leader& what);
  void obey(leave_leader& what);

  daemon_place at_;
  virtual_host& host_;
  std::function<std::string()> leader_hint_;
  node_agent agent_;
  leader_search search_;
  machine_shelf shelf_;
  artifact_pull artifacts_;
  link_handle link_;
  std::string dialed_;
  /// The link, or attempt at one, that is the present one.
  std::uint64_t attempt_ = 0;
  control_pipe_events* leads_ = nullptr;
  std::shared_ptr<own_pipe> own_;
  bool leaving_ = false;
  std::uint64_t kept_version_ = 0;
  bool keeping_ = false;
};

} // namespace serval::simulation
