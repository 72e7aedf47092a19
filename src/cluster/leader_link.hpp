#pragma once

#include "app_master/worker_control.hpp"
#include "cluster/artifact_pull.hpp"
#include "cluster/control_pipe.hpp"
#include "cluster/leader_search.hpp"
#include "cluster/node_agent.hpp"
#include "link/link_dialer.hpp"
#include "loop/loop.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval {

/// What a node's link to its leader works with. The references outlive it.
struct leader_link_setup {
  /// The control loop.
  loop& home;
  node_facts facts;
  /// Nodes that may know the leader.
  std::vector<std::string> join;
  /// How links to other nodes are made.
  std::function<link_settings()> settings;
  /// Who keeps this node's workers.
  worker_control& host;
  /// Hears, before the host has the table, where its releases' workers are.
  std::function<void(const std::string& app, std::vector<release_hosts>)>
    use_hosts;
  artifact_shelf& shelf;
  /// Keeps this instead, on disk, and says when it is there. Any thread.
  std::function<void(std::vector<cluster_message>, std::function<void()> done)>
    keep;
  /// Where the store says that the leader is; empty if it does not.
  std::function<std::string()> leader_hint;
  /// The leader was found, or lost: `node_agent` says more.
  std::function<void(const node_agent&)> on_leader;
  /// A leader that leads no more gave an order.
  std::function<void()> on_stale_order;
  std::function<void(const std::string&)> log;
  std::uint64_t seed = 1;
  /// How long a node serves without a leader what is to stop on a partition.
  duration lost_after = std::chrono::seconds{3};
};

/// Keeps a node joined to its leader: the `node_agent` with its effects, and
/// the link, which it looks for again whenever it is lost. On the control loop.
class leader_link final : private link_handler, private timer {
public:
  explicit leader_link(leader_link_setup setup);

  ~leader_link() override;

  /// Does what was kept before the daemon was started anew, or what the one
  /// had in force whose place this one takes. Before `start`.
  void restore(std::vector<cluster_message> kept);

  /// Begins to look for the leader, also after `rest`.
  void start();

  /// Leaves the leader, and looks for none until `start`. Meanwhile nobody else
  /// may be what `lead_by` named.
  void rest();

  /// The orders that are in force.
  std::vector<cluster_message> kept() const {
    return agent_.kept();
  }

  /// Gives no reports and takes no orders any more.
  void stop();

  /// This node leads itself: joins through `own` instead of a link. Nothing:
  /// it leads no more.
  void lead_by(control_pipe_events* own);

  /// An artifact was removed from this node.
  void artifact_is_gone(const std::string& sha256) {
    agent_.artifact_is_gone(sha256);
  }

  /// Whom it obeys: the leader's name, or empty.
  const std::string& leader() const noexcept {
    return agent_.leader();
  }

  /// The nodes that the leader had, or the last one.
  const members_message& members() const noexcept {
    return agent_.members();
  }

  /// Where that is; empty if it obeys nobody.
  std::string leader_address() const;

private:
  class own_pipe;

  /// Expires when there has been no leader for long.
  struct alone_timer final : timer {
    explicit alone_timer(leader_link& owner) : owner_(owner) {
      // nop
    }
    void on_timer(time_point now) override;
    leader_link& owner_;
  };

  void on_ready(const link_hello& peer) override;
  void on_message(traffic_class traffic, bytes_view message) override;
  void on_closed(const error& why) override;
  void on_timer(time_point now) override;

  void take(cluster_message message);
  void look_on();
  void drop_link();
  void open_own();
  void keep_later();
  void leave(const std::string& why, const std::string& address);
  void run(agent_effects what);
  void note_alone();

  void obey(watch_app& what);
  void obey(obey_start& what);
  void obey(obey_stop& what);
  void obey(obey_table& what);
  void obey(fetch_artifact& what);
  void obey(send_to_leader& what);
  void obey(leave_leader& what);

  /// Calls `what` on the control loop while this exists.
  template <class F>
  auto at_home(F what);

  leader_link_setup setup_;
  node_agent agent_;
  leader_search search_;
  artifact_pull artifacts_;
  std::optional<link_dialer> dialer_;
  std::string dialed_;
  /// Where this node leads itself: its control, and the pipe to that.
  control_pipe_events* leads_ = nullptr;
  std::shared_ptr<own_pipe> own_;
  /// What was said last of addresses where there is no leader.
  std::map<std::string, std::string> complaints_;
  /// Looks for a leader, or has one.
  bool running_ = false;
  bool stopped_ = false;
  /// Nothing more is heard from this leader; the next is looked for.
  bool leaving_ = false;
  alone_timer alone_{*this};
  bool is_alone_ = false;
  std::uint64_t kept_version_ = 0;
  bool keeping_ = false;
  /// Outlived by what is posted.
  std::shared_ptr<leader_link*> self_;
};

} // namespace serval
