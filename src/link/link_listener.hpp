#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "link/link_address.hpp"

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace serval {

/// Accepts connections on one loop. Used on the loop's thread, except before
/// the loop runs.
class link_listener {
public:
  /// Gets each accepted socket, on the loop.
  using accept_handler = std::function<void(unique_fd)>;

  link_listener() noexcept;
  link_listener(link_listener&&) noexcept;
  link_listener& operator=(link_listener&&) noexcept;

  /// As `close`.
  ~link_listener();

  /// Binds and starts to accept. A TCP port may be bound once per loop (the
  /// kernel spreads connections) if `shared`. Fails with `errc::conflict` if
  /// somebody else has the address.
  static result<link_listener> open(boost::asio::io_context& loop,
                                    const link_address& address, bool shared,
                                    accept_handler on_accept);

  /// Where it listens, with the port that the kernel chose for port 0.
  const link_address& address() const noexcept;

  /// Stops accepting; the handler is not called any more.
  void close() noexcept;

private:
  class acceptor;
  explicit link_listener(std::shared_ptr<acceptor> acceptor) noexcept;

  std::shared_ptr<acceptor> acceptor_;
};

} // namespace serval
