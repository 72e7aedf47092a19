#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace serval {

/// Hashes bytes that arrive in parts. One use: update, update…, then `hex`.
class sha256_hasher {
public:
  sha256_hasher();
  ~sha256_hasher();
  sha256_hasher(const sha256_hasher&) = delete;
  sha256_hasher& operator=(const sha256_hasher&) = delete;

  void update(std::string_view bytes);

  /// 64 lower-case hex digits. Ends the hasher's use.
  std::string hex();

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The SHA-256 of `bytes` as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

/// The same of a file's content, read in small parts.
result<std::string> sha256_hex_of_file(const std::string& path);

/// Whether `text` is 64 lower-case hex digits.
bool is_sha256_hex(std::string_view text) noexcept;

} // namespace serval
