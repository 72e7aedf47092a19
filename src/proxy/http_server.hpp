#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "config/listen_address.hpp"
#include "proxy/http_handler.hpp"
#include "proxy/request_head.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace serval {

/// What one client, and all of them together, may take. Timeouts are exact to
/// one tick.
struct http_limits {
  head_limits head;
  std::uint64_t body_bytes = 64 * 1024 * 1024;
  std::uint32_t connections = 10'000;
  /// From a request's first byte to the end of its head; also from accepting a
  /// connection to its first byte.
  duration header_timeout = std::chrono::seconds{5};
  /// Between two pieces of a body; in every such span the client must also
  /// send `body_bytes_per_second_min`.
  duration body_timeout = std::chrono::seconds{10};
  std::uint32_t body_bytes_per_second_min = 1024;
  /// Between two requests.
  duration idle_timeout = std::chrono::seconds{60};
  /// For which a client may take nothing of its answer.
  duration write_timeout = std::chrono::seconds{10};
  /// How long the server goes on reading after it has closed its own side, so
  /// that the client gets to read the last answer.
  duration linger_timeout = std::chrono::seconds{2};
  /// When a client that has closed its sending side while its request runs is
  /// probed with `100 Continue`: only a client that is gone resets then. 0
  /// never probes.
  duration half_close_probe_after = std::chrono::milliseconds{250};
  duration tick = std::chrono::milliseconds{100};
};

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

  /// Accepts nothing more, closes idle connections, answers the requests that
  /// have begun with `Connection: close`, and then calls `on_closed` once.
  void stop(std::function<void()> on_closed);

  /// Cuts all connections at once; `client_gone` is called for open exchanges.
  void abort();

  const http_server_stats& stats() const noexcept;

private:
  class impl;
  std::shared_ptr<impl> impl_;
};

} // namespace serval
