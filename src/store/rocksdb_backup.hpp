#pragma once

#include "store/rocksdb_inspection.hpp"

#include <filesystem>

namespace rocksdb {

class DB;

} // namespace rocksdb

namespace serval {

/// Writes a copy of an open database and a mark for it into the directory `to`,
/// which does not exist. What was acknowledged when this is called is in it. It
/// was read back and checked when this returns.
result<store_summary> copy_open_store(rocksdb::DB& db,
                                      const std::filesystem::path& to);

/// The same of a store that no daemon uses.
result<store_summary> copy_closed_store(const std::filesystem::path& from,
                                        const std::filesystem::path& to);

/// Makes a copy fit to lead again: its next leader gets an epoch above all that
/// were granted before or since, see `epoch_after_restore`.
result<store_summary> resume_copy(const std::filesystem::path& directory);

/// The epoch that a restored store counts on from, which is the next multiple
/// of 10^9. Whoever led after the backup was made had an epoch that the backup
/// does not know, one more for each start; this is out of reach for 30 years of
/// a start per second.
epoch epoch_after_restore(epoch last_known);

} // namespace serval
