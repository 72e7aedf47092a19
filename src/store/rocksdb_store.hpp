#pragma once

#include "store/store.hpp"
#include "store/store_disk.hpp"
#include "store/store_summary.hpp"

#include <filesystem>
#include <memory>

namespace rocksdb {

class Env;

} // namespace rocksdb

namespace serval {

/// Where a store meets the disk. Tests put faults there.
struct store_edges {
  store_disk& disk = store_disk::system();
  rocksdb::Env* env = nullptr; ///< Null: RocksDB's own.
  /// Kept in the directory for when the disk is full; 0: nothing.
  std::uint64_t reserve_bytes = 0;
};

/// A store in a directory of this machine.
class embedded_store : public store {
public:
  /// Writes a copy of everything that was acknowledged into `directory`, which
  /// does not exist, while others write. See `rocksdb_backup.hpp`.
  virtual result<store_summary>
  back_up(const std::filesystem::path& directory) = 0;
};

/// Opens the embedded store in `directory`, which is created if needed, after
/// reading and checking everything in it. Errors:
/// - `conflict`: another daemon has the directory;
/// - `store_failed`: the directory cannot be created, read or written;
/// - `corrupt`: something that was acknowledged is damaged or missing. The
///   message names file and position; nothing has been changed;
/// - `unavailable`: a newer version of Serval wrote it.
result<std::unique_ptr<embedded_store>>
open_rocksdb_store(const std::filesystem::path& directory,
                   const store_edges& edges = {});

} // namespace serval
