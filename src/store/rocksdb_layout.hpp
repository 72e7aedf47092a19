#pragma once

#include "store/record_chain.hpp"
#include "store/write_guard.hpp"

#include <rocksdb/db.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace serval {

/// Keys of the database; schemas/README.md describes them.
inline constexpr const char* commit_key = "mcommit";
inline constexpr const char* lease_key = "mlease";
std::string entry_key(std::string_view app, sequence number);
std::string snapshot_key(std::string_view app);

/// Values of `commit_key` and `lease_key`.
std::string make_commit(std::uint64_t commits, std::uint64_t total);
std::string make_lease(serval::epoch epoch, std::string_view holder);

/// What a database says, as far as a store keeps it in memory.
struct journal_index {
  write_guard guard;
  std::map<std::string, record_chain, std::less<>> chains;
  /// How many batches were written.
  std::uint64_t commits = 0;
};

/// Reads everything in the database and checks every chain. An empty index if
/// there is no database. Changes nothing.
result<journal_index> check_journals(const std::filesystem::path& log);

/// Opens the database for writing, or creates it.
result<std::unique_ptr<rocksdb::DB>>
open_database(const std::filesystem::path& log);

/// Reads the journal of `chain`'s application up to `upto`.
result<journal> read_journal(rocksdb::DB& db, record_chain& chain,
                             sequence upto = {~std::uint64_t{0}});

/// The newest log file and its size in words, for messages.
std::string end_of_log(const std::filesystem::path& log);

} // namespace serval
