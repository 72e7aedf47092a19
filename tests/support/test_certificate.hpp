#pragma once

#include "base/assert.hpp"
#include "temporary_directory.hpp"
#include "tls/tls_files.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

namespace serval {

struct certificate_options {
  std::chrono::seconds valid_from{-3600};
  std::chrono::seconds valid_to{3600};
  std::string names = "IP:127.0.0.1,DNS:localhost";
  std::string passphrase = {};
};

/// A certificate for 127.0.0.1 and localhost that is its own authority, and its
/// key, in files of their own.
class test_certificate {
public:
  explicit test_certificate(const std::string& folder,
                            const std::string& name = "tls",
                            const certificate_options& wanted = {}) {
    files.certificate = folder + "/" + name + ".crt";
    files.key = folder + "/" + name + ".key";
    auto* key = EVP_EC_gen("P-256");
    auto* own = X509_new();
    X509_set_version(own, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(own), ++serial());
    X509_gmtime_adj(X509_getm_notBefore(own), wanted.valid_from.count());
    X509_gmtime_adj(X509_getm_notAfter(own), wanted.valid_to.count());
    X509_set_pubkey(own, key);
    auto* subject = X509_get_subject_name(own);
    auto common = "serval test " + std::to_string(serial());
    X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0);
    X509_set_issuer_name(own, subject);
    extend(own, NID_basic_constraints, "critical,CA:TRUE");
    extend(own, NID_subject_alt_name, wanted.names);
    SERVAL_ASSERT(X509_sign(own, key, EVP_sha256()) > 0);
    write(files.certificate, 0644, [&](FILE* out) {
      return PEM_write_X509(out, own);
    });
    const auto* cipher = wanted.passphrase.empty() ? nullptr
                                                   : EVP_aes_256_cbc();
    write(files.key, 0600, [&](FILE* out) {
      return PEM_write_PKCS8PrivateKey(
        out, key, cipher, wanted.passphrase.data(),
        static_cast<int>(wanted.passphrase.size()), nullptr, nullptr);
    });
    X509_free(own);
    EVP_PKEY_free(key);
  }

  tls_files files;

private:
  static long& serial() {
    static long last = 0;
    return last;
  }

  static void extend(X509* own, int what, const std::string& value) {
    auto* made = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
    SERVAL_ASSERT(made != nullptr);
    X509_add_ext(own, made, -1);
    X509_EXTENSION_free(made);
  }

  static void write(const std::string& path, mode_t mode, auto put) {
    auto* out = std::fopen(path.c_str(), "w");
    SERVAL_ASSERT(out != nullptr);
    SERVAL_ASSERT(put(out) == 1);
    std::fclose(out);
    ::chmod(path.c_str(), mode);
  }
};

} // namespace serval
