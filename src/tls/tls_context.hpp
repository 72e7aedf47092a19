#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "tls/tls_files.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

using SSL_CTX = struct ssl_ctx_st;

namespace serval {

/// What is spoken inside, and with whom.
enum class tls_use : std::uint8_t {
  http, ///< TLS 1.2 and above, for any client; says "http/1.1" by ALPN.
  link, ///< TLS 1.3, for our own clients.
};

/// What all sessions of one listener, or of one client, share. Immutable; a
/// copy is cheap, and each session keeps its own, so that replacing a context
/// does not disturb connections that began with the old one. Thread-safe.
class tls_context {
public:
  /// Reads a listener's certificate and key, and checks them: both are there
  /// and fit each other, the certificate is valid `now`, and the key neither
  /// encrypted nor readable by everybody.
  static result<tls_context> for_server(const tls_files& files, tls_use use,
                                        wall_time now);

  /// For connections to servers whose certificates come from an authority in
  /// `ca_file`, or from one that this system trusts if that is empty. The
  /// certificate and key in `own`, if there are any, are shown to servers that
  /// want them, and checked like a listener's.
  static result<tls_context> for_client(const std::string& ca_file, tls_use use,
                                        const tls_files& own = {},
                                        wall_time now = {});

  /// The URIs that the own certificate is for.
  std::vector<std::string> own_uris() const;

  SSL_CTX* handle() const noexcept {
    return context_.get();
  }

private:
  explicit tls_context(std::shared_ptr<SSL_CTX> context) noexcept
    : context_(std::move(context)) {
    // nop
  }

  std::shared_ptr<SSL_CTX> context_;
};

/// Null where nothing is encrypted.
using tls_context_ptr = std::shared_ptr<const tls_context>;

} // namespace serval
