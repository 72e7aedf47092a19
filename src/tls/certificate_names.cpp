#include "tls/certificate_names.hpp"

#include "tls/openssl_objects.hpp"

#include <openssl/x509v3.h>

namespace serval {

namespace {

using names_ptr
  = std::unique_ptr<GENERAL_NAMES, freeing<GENERAL_NAMES, GENERAL_NAMES_free>>;

} // namespace

std::vector<std::string> uris_of(const X509* certificate) {
  std::vector<std::string> uris;
  if (certificate == nullptr)
    return uris;
  names_ptr names{static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
    certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI)
      continue;
    const auto* text = name->d.uniformResourceIdentifier;
    uris.emplace_back(
      reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
      static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  // The next reader would take a failure for its own.
  ERR_clear_error();
  return uris;
}

} // namespace serval
