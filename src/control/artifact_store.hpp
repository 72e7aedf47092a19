#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace serval {

/// The content-addressed files of a node: plugins and models, each named by the
/// SHA-256 of its bytes. Files appear whole or not at all. All members block on
/// the disk; any thread may call.
class artifact_store {
public:
  /// `folder` is created when the first artifact comes.
  explicit artifact_store(std::string folder);

  /// Keeps `bytes` if they have the hash they are said to have. Doing it again
  /// changes nothing. REQUIRES: is_sha256_hex(sha256)
  result<void> put(const std::string& sha256, std::string_view bytes);

  bool has(const std::string& sha256) const;

  /// Where an artifact is, or would be.
  std::string path_of(const std::string& sha256) const;

private:
  std::string folder_;
};

} // namespace serval
