#pragma once

#include "control/artifact_quota.hpp"
#include "control/control_handler.hpp"
#include "leader/leader_actor.hpp"
#include "loop/loop_coordinator.hpp"
#include "node/cluster_watch.hpp"
#include "node/credentials.hpp"
#include "node/data_dir.hpp"
#include "node/leader_watch.hpp"
#include "node/loop_front.hpp"
#include "node/node.hpp"
#include "node/node_cluster.hpp"
#include "node/node_store.hpp"
#include "node/node_watch.hpp"
#include "node/upgrade_desk.hpp"
#include "node/worker_host.hpp"
#include "upgrade/successor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <prometheus/registry.h>

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// The wall clock, for records and certificates.
inline wall_time wall_now() {
  return std::chrono::system_clock::now();
}

/// The path of this program's file.
std::string program_file();

/// An id that nothing else has.
std::string make_id();

/// The listening sockets of another node, and their addresses.
struct inherited_sockets {
  handed_listener http;
  handed_listener rpc;
  handed_listener admin;
  /// None alone.
  handed_listener peers;
};

/// In the order in which they need each other; destroyed in reverse.
struct node::parts : private timer {
  node_config config;
  data_dir directory;
  credential_files secrets;
  std::unique_ptr<node_log> log;
  node_store journal;
  artifact_store artifacts;
  prometheus::Registry registry;
  backend_metrics backends;
  request_metrics requests{registry};
  leader_watch leadership{registry};
  cluster_watch neighbours{registry};
  memory_gauge memory = memory_stage::ample;
  address_counts addresses;
  std::vector<std::unique_ptr<loop>> loops;
  std::unique_ptr<node_watch> watch;
  caf::actor_system_config actor_config;
  std::unique_ptr<caf::actor_system> actors;
  std::unique_ptr<blocking_pool> pool;
  std::unique_ptr<blocking_pool> store_pool;
  std::unique_ptr<blocking_pool> lease_thread;
  std::unique_ptr<spawner> processes;
  /// Null alone.
  std::unique_ptr<peer_net> peers;
  std::unique_ptr<worker_host> workers;
  std::unique_ptr<artifact_quota> quota;
  /// Null alone.
  std::unique_ptr<node_cluster> cluster;
  std::vector<std::unique_ptr<loop_front>> fronts;
  std::unique_ptr<leader_door> leader;
  std::unique_ptr<control_api> api;
  std::unique_ptr<control_handler> admin_handler;
  std::unique_ptr<http_server> admin;
  /// What this process was started from, as its file may be replaced.
  std::string binary = program_file();
  upgrade_desk upgrades;
  /// Of the node whose place this one takes; nothing if there is none.
  std::optional<inherited_sockets> inherited;
  endpoints where;
  /// Whether `where` is what it will be.
  std::atomic<bool> listening = false;
  std::string boot_id = make_id();
  time_point started_at = loop::now();

  parts(node_config the_config, data_dir the_directory)
    : config(std::move(the_config)),
      directory(std::move(the_directory)),
      secrets(config),
      artifacts(directory.artifacts_path()),
      addresses(config.http.connections_per_address_max,
                std::random_device{}()),
      loops(make_loops(config.node.loops)) {
    // nop
  }

  result<void> open_store();
  void check_sandbox();
  void build_actors();
  void build_workers();
  void build_quota();
  result<std::set<std::string>> plugins_needed();
  void build_fronts();
  void build_admin();
  void build_cluster();
  void list_nodes(control_plane::reply<std::vector<node_status>> reply) const;
  void find_workers(
    const std::string& app,
    std::function<void(std::map<worker_id, std::string>)> reply) const;
  void drain_node(std::string name, bool on,
                  control_plane::reply<void> reply) const;
  result<store_summary> back_up(const std::string& to);
  lease_holder who() const;
  result<void> recover();
  void watch_secrets();
  void on_timer(time_point now) override;
  void refresh_secrets();
  void use(std::size_t loop, const credentials& fresh);
  result<void> listen();
  result<void> open_sockets();
  void listens_on(std::uint16_t http, std::uint16_t rpc, std::uint16_t control,
                  std::uint16_t met);
  std::string address_for_peers() const {
    return config.cluster.advertise.empty() ? where.peers
                                            : config.cluster.advertise;
  }
  result<std::uint16_t> listen_front(
    result<std::uint16_t> (loop_front::*listen)(const listen_address&,
                                                port_sharing),
    const listen_address& address);
  // Taking another node's place: node_takeover.cpp.
  result<void> inherit(handed_sockets& sockets);
  result<void> take_over(predecessor& before);
  result<void> restore(const std::string& orders_path);
  void await_workers(const std::vector<cluster_message>& orders);
  void await_peers();
  result<void> adopt_sockets();

  // Having its own taken: node_upgrade.cpp.
  result<upgraded> hand_over(const upgrade_order& order);
  result<upgraded> hand_over(successor& next);
  result<void> give_sockets(successor& next);
  result<void> write_orders();
  void rest();
  void resume();
  void stop_listening();

  void probe(std::shared_ptr<const app_spec> spec,
             std::function<void(result<std::vector<std::string>>)> done);
  node_info describe() const;
  std::string metrics_text() const;
};

} // namespace serval
