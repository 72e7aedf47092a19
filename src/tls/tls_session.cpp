#include "tls/tls_session.hpp"

#include "tls/certificate_names.hpp"
#include "tls/socket_bio.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstring>

namespace serval {

namespace {

/// What OpenSSL says of the last failure of a session.
std::string failure_of(const SSL* session, int error) {
  auto code = ERR_get_error();
  if (error == SSL_ERROR_SYSCALL && code == 0)
    return errno == 0 ? "the peer broke off" : std::strerror(errno);
  if (auto verdict = SSL_get_verify_result(session);
      verdict != X509_V_OK
      && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return std::string{"the peer's certificate is refused: "}
           + X509_verify_cert_error_string(verdict);
  const auto* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "the peer does not speak TLS";
}

} // namespace

tls_session::tls_session(const tls_context& context, int socket)
  : ssl_(SSL_new(context.handle()), SSL_free) {
  SERVAL_ASSERT(ssl_ != nullptr);
  auto* bio = make_socket_bio(socket);
  SERVAL_ASSERT(bio != nullptr);
  SSL_set_bio(ssl_.get(), bio, bio);
}

tls_session tls_session::accept(const tls_context& context, int socket) {
  tls_session made{context, socket};
  SSL_set_accept_state(made.ssl_.get());
  return made;
}

tls_session tls_session::connect(const tls_context& context, int socket,
                                 const std::string& host) {
  tls_session made{context, socket};
  auto* raw = made.ssl_.get();
  SSL_set_connect_state(raw);
  if (host.empty())
    return made;
  auto* wanted = SSL_get0_param(raw);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) != 1) {
    // A name goes along, so that the server can choose its certificate.
    ERR_clear_error();
    SSL_set_tlsext_host_name(raw, host.c_str());
    X509_VERIFY_PARAM_set_hostflags(wanted,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    auto set = X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size());
    SERVAL_ASSERT(set == 1);
  }
  return made;
}

tls_session::progress tls_session::after(int result, std::size_t count) {
  if (result == 1)
    return {outcome::moved, count};
  auto error = SSL_get_error(ssl_.get(), result);
  switch (error) {
    case SSL_ERROR_WANT_READ:
      return {outcome::wants_read, 0};
    case SSL_ERROR_WANT_WRITE:
      return {outcome::wants_write, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {outcome::ended, 0};
    default:
      why_ = failure_of(ssl_.get(), error);
      ERR_clear_error();
      return {outcome::failed, 0};
  }
}

tls_session::progress tls_session::read(char* buffer, std::size_t size) {
  if (!why_.empty())
    return {outcome::failed, 0};
  // OpenSSL judges by the thread's queue of failures, which others fill, too.
  ERR_clear_error();
  errno = 0;
  std::size_t count = 0;
  auto done = SSL_read_ex(ssl_.get(), buffer, size, &count);
  return after(done, count);
}

tls_session::progress tls_session::write(std::string_view bytes) {
  if (!why_.empty())
    return {outcome::failed, 0};
  ERR_clear_error();
  errno = 0;
  std::size_t count = 0;
  auto done = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  return after(done, count);
}

void tls_session::end() {
  if (why_.empty() && established()) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
}

bool tls_session::established() const noexcept {
  return SSL_is_init_finished(ssl_.get()) == 1;
}

std::vector<std::string> tls_session::peer_uris() const {
  return uris_of(SSL_get0_peer_certificate(ssl_.get()));
}

bool tls_session::holds_input() const noexcept {
  return SSL_has_pending(ssl_.get()) == 1;
}

} // namespace serval
