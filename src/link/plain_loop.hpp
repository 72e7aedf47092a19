#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace serval {

/// An Asio context without actors, for a process that has links but no daemon
/// around them. Whoever calls `run` is its thread.
class plain_loop {
public:
  plain_loop();

  plain_loop(const plain_loop&) = delete;
  plain_loop& operator=(const plain_loop&) = delete;

  ~plain_loop();

  boost::asio::io_context& io() noexcept;

  /// Runs until `stop`.
  void run();

  /// Any thread.
  void stop();

  /// Runs `what` on the loop, later. Any thread.
  void post(std::function<void()> what);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serval
