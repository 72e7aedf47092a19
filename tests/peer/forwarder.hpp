#pragma once

#include <cstdint>
#include <memory>

namespace serval {

/// A port of loopback that leads to another, and what a network does to its
/// connections. Has a thread of its own.
class forwarder {
public:
  /// Leads to `port`.
  explicit forwarder(std::uint16_t port);

  ~forwarder();

  std::uint16_t port() const;

  /// Resets all connections.
  void cut();

  /// Lets nothing through any more, in any direction, but ends no connection
  /// and still takes new ones.
  void freeze();

  /// Goes on; what stood still is reset.
  void thaw();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serval
