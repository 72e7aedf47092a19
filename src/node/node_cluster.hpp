#pragma once

#include "cluster/cluster_control.hpp"
#include "cluster/leader_link.hpp"
#include "config/node_config.hpp"
#include "control/artifact_store.hpp"
#include "loop/blocking_pool.hpp"
#include "node/node_log.hpp"
#include "leader/lease_holder.hpp"
#include "peer/peer_net.hpp"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace serval {

class worker_host;

/// What a node's part in its cluster works with; all of it outlives the part.
struct node_cluster_setup {
  const node_config& config;
  const std::vector<std::unique_ptr<loop>>& loops;
  /// The links, without those to the leader.
  peer_net& peers;
  worker_host& workers;
  artifact_store& artifacts;
  blocking_pool& pool;
  node_log& log;
  std::uint64_t memory_bytes = 0;
  /// As in `cluster_control_setup`.
  std::function<void(std::shared_ptr<const app_spec>,
                     std::function<void(result<std::vector<std::string>>)>)>
    probe;
  /// Where the orders that are in force are kept.
  std::string kept_path;
  /// Where this node's control API is, once it listens.
  std::function<std::string()> admin;
  /// Where the store says that the leader is; empty if it does not.
  std::function<std::string()> leader_hint;
  /// Whom this node obeys from now on; nobody if the name is empty.
  std::function<void(const lease_holder& leader, serval::epoch)> on_leader;
  /// An order of a leader that leads no more was refused.
  std::function<void()> on_stale_order;
  /// An artifact was pulled. May block; on the pool.
  std::function<void()> on_artifact;
  /// As in `cluster_control_setup`.
  std::function<void(const std::map<std::string, member>&)> on_nodes;
};

/// A node's part in its cluster: its side of what the leader orders, and the
/// control over all nodes while it leads itself.
class node_cluster {
public:
  explicit node_cluster(node_cluster_setup setup);

  ~node_cluster();

  /// For the app_masters of this node, while it leads.
  cluster_control& control() noexcept {
    return control_;
  }

  /// This end of a link that another node opened for control. On the link's
  /// loop.
  std::unique_ptr<peer_session> accept(const link_hello& peer,
                                       peer_sender& link);

  /// What links to the leader that come to be are encrypted with. On the first
  /// loop.
  void use(const peer_tls& tls);

  /// An artifact was removed from this node. Any thread.
  void artifact_is_gone(const std::string& sha256);

  /// Does what the daemon has in force whose place this one takes, until
  /// `join`. May be repeated. Not on a loop.
  void restore(const std::string& address,
               const std::vector<cluster_message>& orders);

  /// Does what was kept, if nothing was restored, and joins the leader, whoever
  /// that is. Other nodes reach this one at `address`.
  void join(const std::string& address);

  /// Leaves the leader, and looks for none until `resume`. The leader of this
  /// node rests already. Not on a loop.
  void rest();
  void resume();

  /// The orders that are in force. Not on a loop.
  std::vector<cluster_message> orders() const;

  /// Gives no reports and takes no orders any more. Not on a loop.
  void stop();

private:
  class shelf;

  cluster_control_setup control_setup();
  leader_link_setup link_setup(const std::string& address);
  void start();
  node_facts describe(const std::string& address) const;
  std::vector<cluster_message> read_kept() const;
  void keep(std::vector<cluster_message> orders, std::function<void()> done);
  void on_term(bool leads);
  void read_artifact(artifact_request_message request,
                     std::function<void(artifact_part_message)> on_part);
  void log(const std::string& text) const;
  loop& home() const {
    return *setup_.loops.front();
  }

  members_message last_members() const;

  node_cluster_setup setup_;
  /// What was kept before this start, until the link to the leader has it.
  std::vector<cluster_message> kept_;
  std::unique_ptr<shelf> shelf_;
  cluster_control control_;
  tls_context_ptr dialing_;
  /// On the control loop.
  std::unique_ptr<leader_link> leader_;
  bool leads_ = false;
};

} // namespace serval
