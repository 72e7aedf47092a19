#pragma once

#include "tls/tls_context.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using SSL = struct ssl_st;

namespace serval {

/// One side of an encrypted connection over a socket that does not block. The
/// handshake happens within the first reads and writes. Owns neither the socket
/// nor any waiting.
class tls_session {
public:
  /// What a read or write came to.
  enum class outcome : std::uint8_t {
    moved,       ///< Some bytes were read or written.
    wants_read,  ///< Try again when the socket can be read.
    wants_write, ///< Try again when the socket can be written.
    ended,       ///< The peer sends no more.
    failed,      ///< See `why`; the connection is of no use any more.
  };

  struct progress {
    outcome what = outcome::failed;
    std::size_t count = 0;
  };

  /// The server's side. The socket outlives the session.
  static tls_session accept(const tls_context& context, int socket);

  /// The client's side, which accepts certificates for `host` only, a name or
  /// an IP address. With an empty host it accepts all of its authorities; who
  /// calls then looks at `peer_uris`.
  static tls_session connect(const tls_context& context, int socket,
                             const std::string& host);

  /// Reads at most `size` bytes.
  progress read(char* buffer, std::size_t size);

  /// Writes some of the bytes. After `wants_…` the next call must begin with
  /// the same bytes, wherever they are by then.
  progress write(std::string_view bytes);

  /// Tells the peer that nothing more comes, if the socket takes that at once.
  void end();

  /// Whether the peers have agreed and application's bytes can flow.
  bool established() const noexcept;

  /// Whether there are bytes from the socket that were not asked for yet.
  bool holds_input() const noexcept;

  /// The URIs that the peer's certificate is for, once established.
  std::vector<std::string> peer_uris() const;

  /// What went wrong, for people; empty unless something `failed`.
  const std::string& why() const noexcept {
    return why_;
  }

private:
  tls_session(const tls_context& context, int socket);

  progress after(int result, std::size_t count);

  std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  std::string why_;
};

} // namespace serval
