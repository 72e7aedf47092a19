#pragma once

#include <string>

namespace serval {

/// Where a listener's certificate is, all in PEM. Empty names are files that
/// are not used.
struct tls_files {
  /// The listener's own certificate, then those that lead to its authority.
  std::string certificate;
  /// The certificate's private key, without a passphrase.
  std::string key;
  /// Authorities of clients' certificates; clients without one are refused.
  std::string client_ca;

  bool wanted() const noexcept {
    return !certificate.empty();
  }

  friend bool operator==(const tls_files&, const tls_files&) = default;
};

} // namespace serval
