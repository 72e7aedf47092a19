#pragma once

#include "base/result.hpp"
#include "config/listen_address.hpp"
#include "proxy/http_server.hpp"
#include "proxy/rpc_session.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace serval {

/// Accepts client RPC on one loop and hands calls to the triggers of that loop.
/// Everything happens on the loop's thread, also construction and destruction,
/// unless the loop does not run. The loop outlives the listener.
class rpc_listener {
public:
  /// `log` may be null.
  rpc_listener(boost::asio::io_context& loop, const rpc_settings& settings,
               request_observer& observer, access_log* log);

  /// Cuts all clients off and cancels their requests.
  ~rpc_listener();

  rpc_listener(const rpc_listener&) = delete;
  rpc_listener& operator=(const rpc_listener&) = delete;

  /// Accepts clients on `address`. Answers the port. Fails with
  /// - `errc::bad_request` if others than this machine could reach the address
  ///   and nothing is encrypted,
  /// - `errc::conflict` if somebody else has it.
  /// Once at most.
  result<std::uint16_t> listen(const listen_address& address,
                               port_sharing sharing = port_sharing::none);

  /// The same with a socket that listens, from another process.
  result<std::uint16_t> adopt(unique_fd listening);

  /// What it listens on; -1 if it does not.
  int descriptor() const;

  /// Connections accepted from now on are encrypted with `tls`; null leaves
  /// them plain.
  void use(tls_context_ptr tls);

  /// Applications that the tokens guard need one from now on; may be null.
  void use(token_table_ptr tokens);

  /// Calls that come from now on are matched with `table`.
  void use(std::shared_ptr<const routing_table> table);

  /// Accepts nothing more, refuses new calls, lets those in progress finish,
  /// and then calls `on_closed` once. For `linger` the clients that there are
  /// may go on calling.
  void stop(std::function<void()> on_closed, duration linger = {});

  /// Clients connected now.
  std::size_t connections() const noexcept;

  /// Requests in progress.
  std::size_t in_flight() const noexcept;

private:
  class impl;
  std::shared_ptr<impl> impl_;
};

} // namespace serval
