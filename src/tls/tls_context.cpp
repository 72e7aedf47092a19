#include "tls/tls_context.hpp"

#include "base/private_file.hpp"
#include "tls/certificate_names.hpp"
#include "tls/openssl_objects.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <string_view>
#include <utility>

namespace serval {

namespace {

error cannot_use(std::string_view what, const std::string& path,
                 const std::string& why) {
  return {errc::bad_request, "cannot use " + std::string{what} + " " + path
                               + ": " + why};
}

std::shared_ptr<SSL_CTX> make_context(const SSL_METHOD* method, tls_use use) {
  std::shared_ptr<SSL_CTX> context{SSL_CTX_new(method), SSL_CTX_free};
  SERVAL_ASSERT(context != nullptr);
  SSL_CTX_set_min_proto_version(
    context.get(), use == tls_use::link ? TLS1_3_VERSION : TLS1_2_VERSION);
  // Both ends of what is spoken inside know where it ends, so that a
  // connection cut off is found out without TLS.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION
                                       | SSL_OP_NO_COMPRESSION
                                       | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // What waits to be written may move and grow meanwhile; buffers of a silent
  // connection are given back.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE
                                    | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                                    | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

/// Agrees on HTTP/1.1, or on nothing with clients that do not ask.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned in_size, void*) {
  constexpr std::string_view wanted = "http/1.1";
  std::string_view offered{reinterpret_cast<const char*>(in), in_size};
  while (!offered.empty()) {
    auto size = static_cast<unsigned char>(offered.front());
    if (offered.substr(1, size) == wanted) {
      *out = reinterpret_cast<const unsigned char*>(offered.data()) + 1;
      *out_size = size;
      return SSL_TLSEXT_ERR_OK;
    }
    offered.remove_prefix(std::min<std::size_t>(offered.size(), size + 1u));
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Notes that a passphrase was asked for, and has none.
int refuse_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::string expiry_of(const X509* certificate) {
  std::tm end{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%F", &end);
  return text.data();
}

result<void> check_dates(const X509* certificate, const std::string& path,
                         wall_time now) {
  auto at = std::chrono::system_clock::to_time_t(now);
  if (X509_cmp_time(X509_get0_notAfter(certificate), &at) < 0)
    return cannot_use("the TLS certificate", path,
                      "it expired on " + expiry_of(certificate)
                        + "; renew it");
  if (X509_cmp_time(X509_get0_notBefore(certificate), &at) > 0)
    return cannot_use("the TLS certificate", path,
                      "it is not valid yet; check this machine's clock");
  return {};
}

result<void> use_certificate(SSL_CTX* context, const std::string& path,
                             wall_time now) {
  constexpr std::string_view what = "the TLS certificate";
  auto pem = read_private_file(path, private_to::none, std::string{what});
  if (!pem)
    return pem.error();
  auto reader = reader_of(*pem);
  certificate_ptr own{
    PEM_read_bio_X509_AUX(reader.get(), nullptr, nullptr, nullptr)};
  if (!own)
    return cannot_use(what, path, "it is no certificate in PEM: "
                                    + last_failure());
  if (auto valid = check_dates(own.get(), path, now); !valid)
    return valid;
  if (SSL_CTX_use_certificate(context, own.get()) != 1)
    return cannot_use(what, path, last_failure());
  while (certificate_ptr next{
    PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)})
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1)
      return cannot_use(what, path, last_failure());
  // Reading ends with "no start line" when nothing follows, and with something
  // else when the file is cut off.
  auto end = ERR_peek_last_error();
  if (ERR_GET_REASON(end) != PEM_R_NO_START_LINE)
    return cannot_use(what, path, last_failure());
  ERR_clear_error();
  return {};
}

result<void> use_key(SSL_CTX* context, const tls_files& files) {
  constexpr std::string_view what = "the TLS key";
  const auto& path = files.key;
  auto pem = read_private_file(path, private_to::group, std::string{what});
  if (!pem)
    return pem.error();
  auto reader = reader_of(*pem);
  bool encrypted = false;
  key_ptr key{PEM_read_bio_PrivateKey(reader.get(), nullptr, refuse_passphrase,
                                      &encrypted)};
  if (encrypted) {
    ERR_clear_error();
    return cannot_use(what, path,
                      "it is encrypted, and nobody can be asked for its "
                      "passphrase; decrypt it with `openssl pkey`");
  }
  if (!key)
    return cannot_use(what, path,
                      "it is no private key in PEM: " + last_failure());
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get())
      != 1) {
    ERR_clear_error();
    return cannot_use(what, path, "it does not belong to the certificate "
                                    + files.certificate);
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return cannot_use(what, path, last_failure());
  return {};
}

/// What a client shows of itself, if anything.
result<void> use_own(SSL_CTX* context, const tls_files& own, wall_time now) {
  if (own.certificate.empty() != own.key.empty())
    return error{errc::bad_request,
                 "a certificate is of no use without its key, and the reverse: "
                 "name both files"};
  if (!own.wanted())
    return {};
  if (auto used = use_certificate(context, own.certificate, now); !used)
    return used;
  return use_key(context, own);
}

result<void> use_authorities(SSL_CTX* context, std::string_view what,
                             const std::string& path) {
  auto pem = read_private_file(path, private_to::none, std::string{what});
  if (!pem)
    return pem.error();
  auto reader = reader_of(*pem);
  auto* store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (certificate_ptr next{
    PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store, next.get()) != 1
        || SSL_CTX_add_client_CA(context, next.get()) != 1)
      return cannot_use(what, path, last_failure());
    ++count;
  }
  if (count == 0)
    return cannot_use(what, path,
                      "it has no certificate in PEM: " + last_failure());
  ERR_clear_error();
  return {};
}

} // namespace

result<tls_context> tls_context::for_server(const tls_files& files, tls_use use,
                                            wall_time now) {
  auto context = make_context(TLS_server_method(), use);
  auto* raw = context.get();
  if (auto used = use_certificate(raw, files.certificate, now); !used)
    return used.error();
  if (auto used = use_key(raw, files); !used)
    return used.error();
  if (!files.client_ca.empty()) {
    if (auto used = use_authorities(raw, "the authorities of clients",
                                    files.client_ca);
        !used)
      return used.error();
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       nullptr);
  }
  constexpr std::string_view id = "serval";
  SSL_CTX_set_session_id_context(
    raw, reinterpret_cast<const unsigned char*>(id.data()),
    static_cast<unsigned>(id.size()));
  if (use == tls_use::http)
    SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  else
    SSL_CTX_set_num_tickets(raw, 0);
  return tls_context{std::move(context)};
}

std::vector<std::string> tls_context::own_uris() const {
  return uris_of(SSL_CTX_get0_certificate(context_.get()));
}

result<tls_context> tls_context::for_client(const std::string& ca_file,
                                            tls_use use, const tls_files& own,
                                            wall_time now) {
  auto context = make_context(TLS_client_method(), use);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (ca_file.empty())
    SSL_CTX_set_default_verify_paths(context.get());
  else if (auto used = use_authorities(context.get(), "the authorities in",
                                       ca_file);
           !used)
    return used.error();
  if (auto used = use_own(context.get(), own, now); !used)
    return used.error();
  return tls_context{std::move(context)};
}

} // namespace serval
