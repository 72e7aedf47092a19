#include "base/sha256.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>

namespace serval {

struct sha256_hasher::state {
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  ~state() {
    EVP_MD_CTX_free(context);
  }
};

sha256_hasher::sha256_hasher() : state_(std::make_unique<state>()) {
  SERVAL_ASSERT(state_->context != nullptr);
  SERVAL_ASSERT(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}

sha256_hasher::~sha256_hasher() = default;

void sha256_hasher::update(std::string_view bytes) {
  auto done = EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
  SERVAL_ASSERT(done == 1);
}

std::string sha256_hasher::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  auto done = EVP_DigestFinal_ex(state_->context, digest.data(), &length);
  SERVAL_ASSERT(done == 1 && length == 32);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{2} * length);
  for (unsigned i = 0; i < length; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  sha256_hasher hasher;
  hasher.update(bytes);
  return hasher.hex();
}

result<std::string> sha256_hex_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return error{errc::not_found,
                 "cannot read " + path + ": " + std::strerror(errno)};
  sha256_hasher hasher;
  std::array<char, 64 * 1024> part{};
  while (file.read(part.data(), part.size()), file.gcount() > 0)
    hasher.update({part.data(), static_cast<std::size_t>(file.gcount())});
  if (file.bad())
    return error{errc::internal, "reading " + path + " failed midway"};
  return hasher.hex();
}

bool is_sha256_hex(std::string_view text) noexcept {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

} // namespace serval
