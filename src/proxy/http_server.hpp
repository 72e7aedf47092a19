#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "config/listen_address.hpp"
#include "proxy/http_handler.hpp"
#include "proxy/http_limits.hpp"
#include "tls/tls_context.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace serval {

struct http_server_stats {
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;     ///< Malformed, too large or too slow.
  std::uint64_t shed = 0;        ///< Connections beyond limits or descriptors.
  std::uint64_t client_gone = 0; ///< Before their answer.
  std::uint32_t connections = 0; ///< Open now.
};

/// Who else may listen on a server's address.
enum class port_sharing : std::uint8_t {
  none,
  first, ///< Nobody yet; other servers of this process will join.
  join,  ///< Joins a `first` one; the kernel spreads the connections.
};

/// An HTTP/1.1 server on one loop. Requests of one connection are handled one
/// after another, in order; more that the client sends meanwhile wait in the
/// kernel. Everything happens on the loop's thread, also construction and
/// destruction, unless the loop does not run. The loop outlives the server.
class http_server {
public:
  http_server(boost::asio::io_context& loop, http_handler& handler,
              const http_limits& limits = {});

  /// Cuts what is left. REQUIRES: `handler` is still alive.
  ~http_server();

  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Accepts connections on `address`. Answers the port. `conflict` if somebody
  /// else has it. Once at most.
  result<std::uint16_t> listen(const listen_address& address,
                               port_sharing sharing = port_sharing::none);

  /// The same with a socket that listens, from another process.
  result<std::uint16_t> adopt(unique_fd listening);

  /// What it listens on; -1 if it does not.
  int descriptor() const;

  /// Connections accepted from now on are encrypted with `tls`; null leaves
  /// them plain.
  void use(tls_context_ptr tls);

  /// Accepts nothing more, answers the requests that have begun with
  /// `Connection: close`, closes idle connections, and then calls `on_closed`
  /// once. For `linger` the idle ones may send one more request: clients that
  /// are busy notice nothing.
  void stop(std::function<void()> on_closed, duration linger = {});

  /// Cuts all connections at once; `client_gone` is called for open exchanges.
  void abort();

  const http_server_stats& stats() const noexcept;

private:
  class impl;
  std::shared_ptr<impl> impl_;
};

} // namespace serval
