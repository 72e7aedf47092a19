#pragma once

#include "base/result.hpp"
#include "config/node_config.hpp"
#include "node/data_dir.hpp"
#include "upgrade/predecessor.hpp"

#include <memory>

namespace serval {

/// The daemon: builds every part from the configuration, in the order in which
/// they need each other, and takes them down in the reverse order.
class node {
public:
  /// Builds and starts everything. When this returns, the listeners accept and
  /// `endpoints.json` is written; applications of an earlier run are coming
  /// back. REQUIRES: the signals that `run_node` waits for are blocked, so that
  /// no thread of the node takes them.
  /// With `before`, the node takes the place of a running one: it begins with
  /// what that one does, and accepts on its sockets.
  static result<std::unique_ptr<node>> start(const node_config& config,
                                             predecessor* before = nullptr);

  ~node();

  const endpoints& where() const noexcept;

  /// Goes on with a new log file, for whoever moved the old one away.
  void reopen_log();

  /// Has a new process take this node's place, as the control API has asked, or
  /// nobody by name. Once that serves, the answer is true, and this node is to
  /// be retired; else all is as it was. Stops early when SIGTERM or SIGINT is
  /// pending.
  bool upgrade();

  /// Accepts nothing more, lets requests finish within the grace time, ends the
  /// workers, and closes the store. Returns when all that is done.
  void stop();

  /// The same for a node whose place another has taken: clients that are
  /// connected may go on for half of the grace time.
  void retire();

private:
  struct parts;

  void close(duration linger);

  explicit node(std::unique_ptr<parts> parts);

  static result<std::unique_ptr<node>> build(node_config config,
                                             predecessor* before);

  std::unique_ptr<parts> parts_;
};

/// Runs a node until SIGTERM or SIGINT; a second signal ends it at once. With a
/// log file, SIGHUP opens it anew. SIGUSR2 has a new process of the same binary
/// take its place, as the control API can. `before` is whose place this one
/// takes, or null.
/// Answers when the node has stopped. Prints where it listens.
result<void> run_node(const node_config& config, predecessor* before = nullptr);

} // namespace serval
