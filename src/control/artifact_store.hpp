#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// An artifact that is there.
struct stored_artifact {
  std::string sha256;
  std::uint64_t bytes = 0;
  std::chrono::file_clock::time_point last_use;
};

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

  /// The same, and if so, it is used at this moment.
  bool use(const std::string& sha256);

  /// All that are whole.
  std::vector<stored_artifact> list() const;

  /// Returns whether it was there.
  bool remove(const std::string& sha256);

  /// How many bytes there are of an artifact that comes in parts.
  std::uint64_t part_size(const std::string& sha256) const;

  /// Adds bytes to an artifact that comes in parts; what there is beyond
  /// `offset` is written over.
  result<void> put_part(const std::string& sha256, std::uint64_t offset,
                        std::string_view bytes);

  /// All parts are there. Parts that are not the artifact are thrown away:
  /// `corrupt`.
  result<void> complete(const std::string& sha256);

  /// Reads a part of an artifact, of at most `bytes_max`.
  result<std::string> read_part(const std::string& sha256,
                                std::uint64_t offset,
                                std::size_t bytes_max) const;

  /// Bytes of an artifact that is there.
  result<std::uint64_t> size_of(const std::string& sha256) const;

  /// Where an artifact is, or would be.
  std::string path_of(const std::string& sha256) const;

private:
  result<void> make_folder() const;
  std::string part_of(const std::string& sha256) const;

  std::string folder_;
};

} // namespace serval
