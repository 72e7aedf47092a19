#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace serval {

/// A place in a file that is not as it was written.
struct damaged_place {
  std::uint64_t offset = 0;
  std::string why;
};

/// Looks for the first damage in the bytes of a file in RocksDB's log format,
/// which its write-ahead logs and manifests have. RocksDB itself finds the same
/// damage but does not say where it lies.
std::optional<damaged_place> find_log_damage(std::string_view bytes);

} // namespace serval
