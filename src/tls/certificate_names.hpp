#pragma once

#include <string>
#include <vector>

using X509 = struct x509_st;

namespace serval {

/// The URIs that a certificate is for; none if it is null.
std::vector<std::string> uris_of(const X509* certificate);

} // namespace serval
