#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <string>

namespace serval {

// What several sources need to use OpenSSL's objects without leaking them.

template <class T, void (*Free)(T*)>
struct freeing {
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using certificate_ptr = std::unique_ptr<X509, freeing<X509, X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freeing<EVP_PKEY, EVP_PKEY_free>>;
using bio_ptr = std::unique_ptr<BIO, freeing<BIO, BIO_free_all>>;

/// What OpenSSL says of its last failure. Leaves no failure behind, since the
/// next reader would take it for its own.
inline std::string last_failure() {
  std::array<char, 256> text{};
  auto code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0)
    return "it is malformed";
  ERR_error_string_n(code, text.data(), text.size());
  const auto* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : text.data();
}

inline bio_ptr reader_of(const std::string& pem) {
  return bio_ptr{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

} // namespace serval
