#include "tls/certificate_authority.hpp"

#include "tls/openssl_objects.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace serval {

namespace {

/// Certificates begin a while ago, for machines whose clocks are late.
constexpr std::chrono::hours clock_tolerance{1};

error failed(const std::string& attempt) {
  return {errc::internal, "cannot " + attempt + ": " + last_failure()};
}

error bad(std::string message) {
  return {errc::bad_request, std::move(message)};
}

std::string text_of(BIO* written) {
  char* text = nullptr;
  auto size = BIO_get_mem_data(written, &text);
  return {text, static_cast<std::size_t>(size)};
}

/// A certificate in the making.
class draft {
public:
  draft(EVP_PKEY* key, std::chrono::days validity, wall_time now)
    : certificate_(X509_new()) {
    auto* own = certificate_.get();
    std::array<unsigned char, 16> serial{};
    ok_ = RAND_bytes(serial.data(), serial.size()) == 1;
    serial[0] &= 0x7f; // Positive numbers only.
    BIGNUM* number = BN_bin2bn(serial.data(), serial.size(), nullptr);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(own));
    BN_free(number);
    auto begin = std::chrono::floor<std::chrono::seconds>(now)
                   .time_since_epoch();
    set_time(X509_getm_notBefore(own), begin - clock_tolerance);
    set_time(X509_getm_notAfter(own), begin + validity);
    ok_ &= X509_set_version(own, X509_VERSION_3) == 1
           && X509_set_pubkey(own, key) == 1;
  }

  void name(std::string_view organization, const std::string& common) {
    auto* subject = X509_get_subject_name(certificate_.get());
    add(subject, "O", organization);
    add(subject, "CN", common);
  }

  void issued_by(X509* issuer) {
    issuer_ = issuer;
    ok_ &= X509_set_issuer_name(certificate_.get(),
                                X509_get_subject_name(issuer))
           == 1;
  }

  void self_issued() {
    issued_by(certificate_.get());
  }

  void extend(int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer_, certificate_.get(), nullptr, nullptr, 0);
    auto* made = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    ok_ &= made != nullptr && X509_add_ext(certificate_.get(), made, -1) == 1;
    X509_EXTENSION_free(made);
  }

  /// The certificate in PEM, or nothing.
  std::string sign(EVP_PKEY* issuer) {
    ok_ &= X509_sign(certificate_.get(), issuer, EVP_sha256()) > 0;
    bio_ptr out{BIO_new(BIO_s_mem())};
    if (!ok_ || PEM_write_bio_X509(out.get(), certificate_.get()) != 1)
      return {};
    return text_of(out.get());
  }

private:
  static void set_time(ASN1_TIME* field, std::chrono::seconds since_1970) {
    ASN1_TIME_set(field, since_1970.count());
  }

  void add(X509_NAME* to, const char* kind, std::string_view value) {
    ok_ &= X509_NAME_add_entry_by_txt(
             to, kind, MBSTRING_UTF8,
             reinterpret_cast<const unsigned char*>(value.data()),
             static_cast<int>(value.size()), -1, 0)
           == 1;
  }

  certificate_ptr certificate_;
  X509* issuer_ = nullptr;
  bool ok_ = true;
};

std::string to_pem(EVP_PKEY* key) {
  bio_ptr out{BIO_new(BIO_s_mem())};
  if (PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0,
                                    nullptr, nullptr)
      != 1)
    return {};
  return text_of(out.get());
}

/// A host as OpenSSL's list of names takes it. Nothing in it can end its entry.
std::optional<std::string> entry_of(const std::string& host) {
  auto is_address
    = host.find(':') != std::string::npos
      || host.find_first_not_of("0123456789.") == std::string::npos;
  if (is_address) {
    auto* parsed = a2i_IPADDRESS(host.c_str());
    auto fine = parsed != nullptr;
    ASN1_OCTET_STRING_free(parsed);
    return fine ? std::optional{"IP:" + host} : std::nullopt;
  }
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  if (host.empty() || host.size() > 253 || host.front() == '.'
      || host.front() == '-' || !std::ranges::all_of(host, fits))
    return std::nullopt;
  return "DNS:" + host;
}

result<std::string> names_of(const std::string& cluster,
                             const node_identity& to) {
  auto names = "URI:node://" + cluster + "/" + to.name;
  for (const auto& host : to.hosts) {
    auto entry = entry_of(host);
    if (!entry)
      return bad("\"" + host
                 + "\" is neither an address such as 10.0.0.1 nor a name such "
                   "as node1.example.com");
    names += "," + *entry;
  }
  return names;
}

/// The organization in a certificate's subject, which names its cluster.
std::string cluster_of(X509* authority) {
  std::array<char, 256> text{};
  auto size = X509_NAME_get_text_by_NID(X509_get_subject_name(authority),
                                        NID_organizationName, text.data(),
                                        static_cast<int>(text.size()));
  return size > 0 ? std::string{text.data(), static_cast<std::size_t>(size)}
                  : std::string{};
}

} // namespace

result<certificate_with_key> make_authority(const std::string& cluster,
                                            std::chrono::days validity,
                                            wall_time now) {
  key_ptr key{EVP_EC_gen("P-256")};
  if (!key)
    return failed("make a key");
  draft own{key.get(), validity, now};
  own.name(cluster, cluster + " authority");
  own.self_issued();
  own.extend(NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  own.extend(NID_key_usage, "critical,keyCertSign,cRLSign");
  own.extend(NID_subject_key_identifier, "hash");
  certificate_with_key made{own.sign(key.get()), to_pem(key.get())};
  if (made.certificate.empty() || made.key.empty())
    return failed("make an authority");
  return made;
}

result<certificate_with_key>
issue_certificate(const certificate_with_key& authority,
                  const node_identity& to, std::chrono::days validity,
                  wall_time now) {
  certificate_ptr issuer{PEM_read_bio_X509(
    reader_of(authority.certificate).get(), nullptr, nullptr, nullptr)};
  if (!issuer)
    return bad("the authority's certificate cannot be read: "
               + last_failure());
  key_ptr issuer_key{PEM_read_bio_PrivateKey(reader_of(authority.key).get(),
                                             nullptr, nullptr, nullptr)};
  if (!issuer_key)
    return bad("the authority's key cannot be read: " + last_failure());
  if (X509_check_private_key(issuer.get(), issuer_key.get()) != 1) {
    ERR_clear_error();
    return bad("the authority's key does not fit its certificate");
  }
  auto cluster = cluster_of(issuer.get());
  if (X509_check_ca(issuer.get()) != 1 || cluster.empty())
    return bad("the certificate is no authority that `serval cert authority` "
               "made");
  auto names = names_of(cluster, to);
  if (!names)
    return names.error();
  key_ptr key{EVP_EC_gen("P-256")};
  if (!key)
    return failed("make a key");
  draft own{key.get(), validity, now};
  own.name(cluster, to.name);
  own.issued_by(issuer.get());
  own.extend(NID_basic_constraints, "critical,CA:FALSE");
  own.extend(NID_key_usage, "critical,digitalSignature");
  own.extend(NID_ext_key_usage, "serverAuth,clientAuth");
  own.extend(NID_subject_key_identifier, "hash");
  own.extend(NID_authority_key_identifier, "keyid:always");
  own.extend(NID_subject_alt_name, *names);
  certificate_with_key made{own.sign(issuer_key.get()), to_pem(key.get())};
  if (made.certificate.empty() || made.key.empty())
    return failed("make a certificate");
  return made;
}

} // namespace serval
