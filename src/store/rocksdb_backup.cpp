#include "store/rocksdb_backup.hpp"

#include "store/durable_directory.hpp"
#include "store/high_water_mark.hpp"
#include "store/rocksdb_database.hpp"
#include "store/rocksdb_journals.hpp"
#include "store/rocksdb_layout.hpp"

#include <rocksdb/utilities/checkpoint.h>

namespace serval {

namespace {

constexpr std::uint64_t restore_step = 1'000'000'000;

/// Takes the copied journal for what it is: a backup has no writer whose
/// acknowledgements it could have lost.
result<store_summary> give_mark(const std::filesystem::path& copy) {
  auto mark = high_water_mark::open(mark_file_of(copy));
  if (!mark)
    return mark.error();
  // Nothing is acknowledged beyond batch 0 as far as this knows.
  if (auto fine = mark->reset(0); !fine)
    return fine.error();
  auto index = check_store(copy, *mark);
  if (!index)
    return index.error();
  if (auto fine = mark->reset(index->commits); !fine)
    return fine.error();
  return summary_of(*index, *mark);
}

} // namespace

result<store_summary> copy_open_store(rocksdb::DB& db,
                                      const std::filesystem::path& to) {
  if (auto made = make_durable_directory(to); !made)
    return made.error();
  rocksdb::Checkpoint* raw = nullptr;
  auto status = rocksdb::Checkpoint::Create(&db, &raw);
  std::unique_ptr<rocksdb::Checkpoint> checkpoint{raw};
  if (status.ok())
    status = checkpoint->CreateCheckpoint(database_of(to).string());
  if (!status.ok())
    return database_error("cannot copy", db.GetName(), status);
  return give_mark(to);
}

result<store_summary> copy_closed_store(const std::filesystem::path& from,
                                        const std::filesystem::path& to) {
  // What is damaged is not worth a copy that looks like a good one.
  if (auto whole = verify_store(from); !whole)
    return whole;
  // Locked, so that nobody starts to write meanwhile.
  auto mark = high_water_mark::look_at(mark_file_of(from));
  if (!mark)
    return mark.error();
  if (auto fine = copy_directory(from, to); !fine)
    return fine.error();
  if (auto fine = copy_directory(database_of(from), database_of(to)); !fine)
    return fine.error();
  return verify_store(to);
}

result<store_summary> resume_copy(const std::filesystem::path& directory) {
  auto mark = high_water_mark::open(mark_file_of(directory));
  if (!mark)
    return mark.error();
  auto index = check_store(directory, *mark);
  if (!index)
    return index.error();
  auto db = open_database(database_of(directory));
  if (!db)
    return db.error();
  auto raised = epoch_after_restore(index->guard.last_epoch());
  index->guard.restore_epoch(raised);
  ++index->commits;
  rocksdb::WriteBatch batch;
  batch.Put(lease_key, make_lease({raised, "restore"}));
  batch.Put(commit_key, make_commit({layout_version, index->commits,
                                     index->guard.total()}));
  rocksdb::WriteOptions options;
  options.sync = true;
  if (auto status = (*db)->Write(options, &batch); !status.ok())
    return database_error("cannot write to", database_of(directory), status);
  if (auto fine = mark->reset(index->commits); !fine)
    return fine.error();
  return summary_of(*index, *mark);
}

epoch epoch_after_restore(epoch last_known) {
  return {(last_known.value / restore_step + 1) * restore_step};
}

} // namespace serval
