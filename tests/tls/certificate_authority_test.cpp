// Goal: what the authority makes is what OpenSSL's own verifier, and ours,
// accept for a node of the cluster, and nothing else is. Method: verify it.
#include "tls/certificate_authority.hpp"

#include "tls/openssl_objects.hpp"

#include <doctest/doctest.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

wall_time now() {
  return std::chrono::system_clock::now();
}

certificate_ptr parse(const std::string& pem) {
  certificate_ptr read{
    PEM_read_bio_X509(reader_of(pem).get(), nullptr, nullptr, nullptr)};
  REQUIRE(read != nullptr);
  return read;
}

/// OpenSSL's verdict on `certificate` for `purpose` at some time from now.
bool is_trusted(const std::string& authority, const std::string& certificate,
                int purpose, std::chrono::seconds later = {}) {
  auto root = parse(authority);
  auto leaf = parse(certificate);
  auto* store = X509_STORE_new();
  X509_STORE_add_cert(store, root.get());
  auto* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf.get(), nullptr);
  X509_STORE_CTX_set_purpose(context, purpose);
  X509_STORE_CTX_set_time(context, 0, std::time(nullptr) + later.count());
  auto verdict = X509_verify_cert(context) == 1;
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return verdict;
}

errc refusal(const result<certificate_with_key>& made) {
  REQUIRE_FALSE(made);
  return made.error().code;
}

} // namespace

TEST_CASE("a node's certificate is good for both sides of a connection") {
  auto authority = make_authority("shop", authority_validity, now());
  REQUIRE(authority);
  auto node = issue_certificate(*authority,
                                {"n1", {"10.0.0.1", "::1", "n1.lan"}},
                                node_validity, now());
  REQUIRE(node);
  CHECK(is_trusted(authority->certificate, node->certificate,
                   X509_PURPOSE_SSL_SERVER));
  CHECK(is_trusted(authority->certificate, node->certificate,
                   X509_PURPOSE_SSL_CLIENT));
  auto leaf = parse(node->certificate);
  CHECK(X509_check_ip_asc(leaf.get(), "10.0.0.1", 0) == 1);
  CHECK(X509_check_ip_asc(leaf.get(), "::1", 0) == 1);
  CHECK(X509_check_host(leaf.get(), "n1.lan", 0, 0, nullptr) == 1);
  CHECK(X509_check_host(leaf.get(), "n2.lan", 0, 0, nullptr) == 0);
  CHECK(X509_check_ca(leaf.get()) == 0);
}

TEST_CASE("a node's certificate names the node and its cluster") {
  auto authority = make_authority("shop", authority_validity, now());
  auto node = issue_certificate(*authority, {"n1", {}}, node_validity, now());
  REQUIRE(node);
  auto leaf = parse(node->certificate);
  auto* names = static_cast<GENERAL_NAMES*>(
    X509_get_ext_d2i(leaf.get(), NID_subject_alt_name, nullptr, nullptr));
  REQUIRE(sk_GENERAL_NAME_num(names) == 1);
  auto* uri = sk_GENERAL_NAME_value(names, 0)->d.uniformResourceIdentifier;
  CHECK(std::string{reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                    static_cast<std::size_t>(ASN1_STRING_length(uri))}
        == "node://shop/n1");
  GENERAL_NAMES_free(names);
}

TEST_CASE("certificates end, and are of no use to another authority") {
  auto authority = make_authority("shop", authority_validity, now());
  auto other = make_authority("shop", authority_validity, now());
  auto node = issue_certificate(*authority, {"n1", {}}, std::chrono::days{10},
                                now());
  CHECK(is_trusted(authority->certificate, node->certificate,
                   X509_PURPOSE_SSL_SERVER, 9 * 24h));
  CHECK_FALSE(is_trusted(authority->certificate, node->certificate,
                         X509_PURPOSE_SSL_SERVER, 11 * 24h));
  CHECK_FALSE(is_trusted(other->certificate, node->certificate,
                         X509_PURPOSE_SSL_SERVER));
}

TEST_CASE("no two certificates have the same key or number") {
  auto authority = make_authority("shop", authority_validity, now());
  auto a = issue_certificate(*authority, {"n1", {}}, node_validity, now());
  auto b = issue_certificate(*authority, {"n1", {}}, node_validity, now());
  CHECK(a->key != b->key);
  CHECK(ASN1_INTEGER_cmp(X509_get0_serialNumber(parse(a->certificate).get()),
                         X509_get0_serialNumber(parse(b->certificate).get()))
        != 0);
}

TEST_CASE("a host that could smuggle in another name is refused") {
  auto authority = make_authority("shop", authority_validity, now());
  for (const auto* host :
       {"", "a,DNS:b", "a b", "10.0.0", "10.0.0.1,IP:10.0.0.2", "::g", "-a",
        ".a", "a\n", "*.lan", "[::1]", "10.0.0.1:80"}) {
    CAPTURE(host);
    CHECK(refusal(issue_certificate(*authority, {"n1", {host}}, node_validity,
                                    now()))
          == errc::bad_request);
  }
}

TEST_CASE("only an authority with its own key issues certificates") {
  auto authority = make_authority("shop", authority_validity, now());
  auto other = make_authority("shop", authority_validity, now());
  auto node = issue_certificate(*authority, {"n1", {}}, node_validity, now());
  auto issued_by = [](const certificate_with_key& whom) {
    return refusal(issue_certificate(whom, {"n2", {}}, node_validity, now()));
  };
  CHECK(issued_by({authority->certificate, other->key}) == errc::bad_request);
  CHECK(issued_by(*node) == errc::bad_request);
  CHECK(issued_by({"nonsense", authority->key}) == errc::bad_request);
  CHECK(issued_by({authority->certificate, "nonsense"}) == errc::bad_request);
}
