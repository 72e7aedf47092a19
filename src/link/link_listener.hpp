#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "link/link_address.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace serval {

/// Who else may listen on a TCP address.
enum class address_sharing : std::uint8_t {
  none,
  first, ///< Nobody yet; other listeners of this process will join.
  join,  ///< Joins a `first` one; the kernel spreads the connections.
};

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

  /// Binds and starts to accept. Fails with `errc::conflict` if somebody else
  /// has the address.
  static result<link_listener> open(boost::asio::io_context& loop,
                                    const link_address& address,
                                    address_sharing sharing,
                                    accept_handler on_accept);

  /// Starts to accept on a socket that another process listened on. Fails with
  /// `errc::bad_request` if it is no such socket.
  static result<link_listener> adopt(boost::asio::io_context& loop,
                                     unique_fd listening,
                                     accept_handler on_accept);

  /// What it listens on, to be handed to another process; -1 if it does not.
  int descriptor() const noexcept;

  /// Where it listens, with the port that the kernel chose for port 0.
  const link_address& address() const noexcept;

  /// Stops accepting; the handler is not called any more. Another process with
  /// the socket may go on.
  void close() noexcept;

private:
  class acceptor;
  explicit link_listener(std::shared_ptr<acceptor> acceptor) noexcept;

  std::shared_ptr<acceptor> acceptor_;
};

} // namespace serval
