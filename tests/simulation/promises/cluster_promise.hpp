#pragma once

#include "simulation/cluster/cluster_facts.hpp"
#include "simulation/promises/watcher.hpp"

#include <memory>
#include <string>
#include <vector>

namespace serval::simulation {

/// A command that a node obeys, or refuses.
struct node_command {
  std::string node;
  /// Whom it is from; empty if from before the node's daemon started.
  std::string leader;
  serval::epoch under;
};

/// What a cluster promises, as something that watches a world of many nodes.
class cluster_promise : public watcher {
public:
  using watcher::watcher;

  /// A leader gives a command, believing that it leads.
  virtual void on_command(const cluster_facts&, const std::string&,
                          serval::epoch) {}

  /// A daemon starts, and remembers that epoch.
  virtual void on_daemon(const std::string&, serval::epoch) {}

  virtual void on_obeyed(const cluster_facts&, const node_command&) {}

  /// A node is about to start a worker because of a command.
  virtual void on_start(const cluster_facts&, const node_command&,
                        const body_name&, const worker_order&) {}

  /// The leader of that term has a node told to stop a worker.
  virtual void on_stop(const cluster_facts&, const std::string&, serval::epoch,
                       const body_name&) {}

  /// A node begins to lead.
  virtual void on_term(const std::string&) {}

  /// A leader has agreed to empty a node, or to use it again.
  virtual void on_drain(const std::string&, const std::string&, bool) {}

  /// A leader places a worker on a node.
  virtual void on_placed(const std::string&, const std::string&,
                         const worker_order&) {}

  /// Time passes.
  virtual void on_look(const cluster_facts&) {}
};

/// All promises that are watched, fresh for one world.
std::vector<std::unique_ptr<cluster_promise>> all_cluster_promises();

} // namespace serval::simulation
