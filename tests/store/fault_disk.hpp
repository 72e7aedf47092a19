#pragma once

#include "base/random.hpp"
#include "store/rocksdb_store.hpp"
#include "store/store_disk.hpp"

#include <rocksdb/env.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// What of the disk is hit.
enum class disk_call {
  write, ///< Bytes of a file.
  sync,  ///< Of a file, or of a directory's names.
  any,
};

/// A disk that loses what was not synced, tears what was being written, and
/// fails when it is told to, under a store's directory. The store writes real
/// files there; beside them lies what would be left after a power cut. RocksDB
/// and the high-water mark go through the same counters.
///
/// Of a file, what was written after the last sync is lost, or a part of it is
/// there and its end is garbage. Of a directory, names that were made, renamed
/// or deleted after its last sync are as they were before.
class fault_disk final : public store_disk {
public:
  /// What lies in `directory` already is durable. `shadow`, on the same disk,
  /// is for this object alone.
  fault_disk(std::filesystem::path directory, std::filesystem::path shadow);

  ~fault_disk() override;

  /// What a store is opened with.
  store_edges edges();

  /// Fails the `n`-th call of a kind from now, 1 for the next, with `code`.
  /// With `for_good` the power goes at that call: nothing gets through any
  /// more.
  void fail(disk_call kind, std::uint64_t n, int code, bool for_good = false);

  /// Whether that call came.
  bool has_failed() const;

  /// Nothing gets through until `power_on`.
  void power_off();

  /// Leaves what was durable; of the rest, a torn part. The store must be
  /// closed.
  void power_on(random_source& random);

  /// The room that is left, as the store is told.
  std::uint64_t room = ~std::uint64_t{0};

  // -- store_disk -------------------------------------------------------------

  bool write(int fd, std::string_view bytes, std::uint64_t at) override;
  bool sync(int fd) override;
  result<void> sync_names(const std::filesystem::path& directory) override;
  std::uint64_t free_bytes(const std::filesystem::path& directory) override;

  // -- what the file system of RocksDB reports --------------------------------

  /// Counts a call; an errno if it has to fail.
  int admit(disk_call kind);

  /// A file of this name begins, empty.
  void began(const std::string& file);

  /// All that the file has is durable now, unless an earlier sync of it failed:
  /// the kernel may have dropped these pages.
  void synced(const std::string& file);
  void sync_failed(const std::string& file);
  void names_synced(const std::filesystem::path& directory);

private:
  struct overwrite {
    std::filesystem::path file;
    std::uint64_t at;
    std::string before;
  };

  /// A file's identity, whatever its name is.
  using inode = std::uint64_t;

  struct content {
    std::uint64_t durable = 0;
    bool broken = false;
  };

  static inode inode_of(const std::filesystem::path& file);
  void snapshot_names(const std::filesystem::path& directory);
  void restore_content(const std::filesystem::path& file,
                       random_source& random);

  std::filesystem::path directory_;
  std::filesystem::path shadow_;
  std::unique_ptr<rocksdb::Env> env_;
  mutable std::mutex mutex_;
  disk_call kind_ = disk_call::any;
  std::uint64_t left_ = 0;
  int code_ = 0;
  bool for_good_ = false;
  bool failed_ = false;
  bool off_ = false;
  std::map<inode, content> contents_;
  /// Directories in the directory whose names are durable.
  std::set<std::string> durable_directories_;
  std::vector<overwrite> overwrites_;
};

} // namespace serval
