#pragma once

#include "wire/cluster_messages.hpp"

#include <memory>
#include <string>

namespace serval {

/// The leader's end of a link that a node opened for control. On the control
/// loop.
class control_pipe : public std::enable_shared_from_this<control_pipe> {
public:
  virtual ~control_pipe() = default;

  /// Who is at the other end, as its hello and certificate say.
  virtual const std::string& peer() const = 0;

  /// Artifacts' parts let everything else go first.
  virtual void send(const cluster_message& message) = 0;

  /// Ends the link, once what was sent has gone as far as it can; nothing more
  /// is heard from it.
  virtual void close() = 0;
};

/// Hears what comes over pipes. On the control loop.
class control_pipe_events {
public:
  virtual ~control_pipe_events() = default;

  virtual void on_message(control_pipe& from, cluster_message message) = 0;

  /// The link is over, not by `close`.
  virtual void on_lost(control_pipe& which) = 0;
};

} // namespace serval
