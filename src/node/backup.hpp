#pragma once

#include "base/result.hpp"
#include "store/store_summary.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace serval {

/// Copies a store into a directory that does not exist.
using store_copier
  = std::function<result<store_summary>(const std::filesystem::path& to)>;

/// Writes a backup of a node's data directory to `to`, which must not exist or
/// be empty: the store, and the artifacts that it speaks of. `to` is there only
/// once all of it is on disk. Blocks.
result<store_summary> make_backup(const std::string& from,
                                  const std::string& to,
                                  const store_copier& copy_store);

/// The same without a daemon, of a data directory that none uses.
result<store_summary> make_backup(const std::string& from,
                                  const std::string& to);

/// Makes a data directory out of a backup, which is checked first. The leader
/// that starts on it has an epoch above all before. `to` must not exist or be
/// empty, and is there only once all of it is on disk. Blocks.
result<store_summary> restore_backup(const std::string& backup,
                                     const std::string& to);

} // namespace serval
