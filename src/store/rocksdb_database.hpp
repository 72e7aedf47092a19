#pragma once

#include "base/result.hpp"

#include <rocksdb/db.h>

#include <filesystem>
#include <memory>
#include <string_view>

namespace serval {

/// Opens the database in `log` for writing, or creates it. RocksDB repairs
/// while it opens, so damage is looked for before, in a database that is open
/// for reading only. A null `env` is the system's.
result<std::unique_ptr<rocksdb::DB>>
open_database(const std::filesystem::path& log, rocksdb::Env* env = nullptr);

/// Opens the database for reading only, and changes no file.
result<std::unique_ptr<rocksdb::DB>>
open_for_reading(const std::filesystem::path& log,
                 rocksdb::Env* env = nullptr);

/// What RocksDB answered as an error: `corrupt` with the damaged file's name if
/// something is broken or missing, else `store_failed`.
error database_error(std::string_view attempt,
                     const std::filesystem::path& log,
                     const rocksdb::Status& status);

/// What an operator can do about damage.
inline constexpr std::string_view restore_advice
  = "; restore the data directory from a backup";

} // namespace serval
