#pragma once

#include "store/high_water_mark.hpp"
#include "store/record_chain.hpp"
#include "store/write_guard.hpp"

#include <rocksdb/db.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// What a database says, as far as a store keeps it in memory.
struct journal_index {
  write_guard guard;
  std::map<std::string, record_chain, std::less<>> chains;
  /// How many batches were written.
  std::uint64_t commits = 0;
  /// How many entries are still there.
  std::uint64_t entries = 0;
};

/// Checks every journal and everything else that a store consists of, and that
/// the journals reach as far as the mark says. An empty index if there is no
/// database. Changes nothing.
result<journal_index> check_store(const std::filesystem::path& directory,
                                  const high_water_mark& mark,
                                  rocksdb::Env* env = nullptr);

/// The names of all applications that have an entry or a snapshot, in order.
result<std::vector<std::string>> names_in(rocksdb::DB& db);

/// Reads the journal of `chain`'s application up to `upto` into `out`, which
/// after an error holds what came before the damage.
result<void> read_journal(rocksdb::DB& db, record_chain& chain, journal& out,
                          sequence upto = {~std::uint64_t{0}});

} // namespace serval
