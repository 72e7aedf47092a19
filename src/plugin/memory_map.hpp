#pragma once

#include <cstdint>
#include <string_view>

namespace serval {

/// What tells one file from another on this machine.
struct file_identity {
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint64_t inode = 0;
};

/// Whether `maps`, the text of /proc/PID/maps, has a mapping of the file: one
/// with its identity, or one with its absolute `path` (file systems in layers
/// show another device there than stat does). An empty `path` matches nothing.
bool is_mapped(std::string_view maps, const file_identity& file,
               std::string_view path);

} // namespace serval
