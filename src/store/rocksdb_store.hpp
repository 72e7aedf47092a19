#pragma once

#include "store/store.hpp"

#include <filesystem>
#include <memory>

namespace serval {

/// Opens the embedded store in `directory`, which is created if needed, after
/// reading and checking everything in it. Errors:
/// - `conflict`: another daemon has the directory;
/// - `store_failed`: the directory cannot be created, read or written;
/// - `corrupt`: something that was acknowledged is damaged or missing. The
///   message names file and position; nothing has been changed;
/// - `unavailable`: a newer version of Serval wrote it.
result<std::unique_ptr<store>>
open_rocksdb_store(const std::filesystem::path& directory);

} // namespace serval
