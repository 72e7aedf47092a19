#pragma once

#include "base/result.hpp"
#include "config/node_config.hpp"
#include "node/data_dir.hpp"

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
  static result<std::unique_ptr<node>> start(const node_config& config);

  ~node();

  const endpoints& where() const noexcept;

  /// Goes on with a new log file, for whoever moved the old one away.
  void reopen_log();

  /// Accepts nothing more, lets requests finish within the grace time, ends the
  /// workers, and closes the store. Returns when all that is done.
  void stop();

private:
  struct parts;

  explicit node(std::unique_ptr<parts> parts);

  static result<std::unique_ptr<node>> build(node_config config);

  std::unique_ptr<parts> parts_;
};

/// Runs a node until SIGTERM or SIGINT; a second signal ends it at once. With a
/// log file, SIGHUP opens it anew.
/// Answers when the node has stopped. Prints where it listens.
result<void> run_node(const node_config& config);

} // namespace serval
