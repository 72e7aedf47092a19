#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace serval {

/// What the embedded store asks of the disk beside RocksDB, which has a seam of
/// its own. Tests put faults in between. Calls that fail leave `errno` set.
class store_disk {
public:
  virtual ~store_disk() = default;

  /// Writes all of `bytes` at an offset.
  virtual bool write(int fd, std::string_view bytes, std::uint64_t at);

  /// Makes what was written durable.
  virtual bool sync(int fd);

  /// Makes what was created in a directory durable.
  virtual result<void> sync_names(const std::filesystem::path& directory);

  /// How many bytes can still be written to the disk of `directory`; as many as
  /// there can be if the system does not say.
  virtual std::uint64_t free_bytes(const std::filesystem::path& directory);

  /// The disk itself.
  static store_disk& system();
};

} // namespace serval
