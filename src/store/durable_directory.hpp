#pragma once

#include "base/result.hpp"

#include <filesystem>

namespace serval {

/// Creates a directory and those above it that are missing, so that they are
/// still there after a power cut.
result<void> make_durable_directory(const std::filesystem::path& directory);

/// Makes what was created in or removed from a directory durable: a synced file
/// is lost all the same if its name is not on disk.
result<void> sync_directory(const std::filesystem::path& directory);

/// Copies the files of a directory, not those of directories in it, into
/// another one, which is created, and waits until the disk has them.
result<void> copy_directory(const std::filesystem::path& from,
                            const std::filesystem::path& to);

} // namespace serval
