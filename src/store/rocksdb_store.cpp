#include "store/rocksdb_store.hpp"

#include "base/defect.hpp"
#include "store/disk_reserve.hpp"
#include "store/disk_room.hpp"
#include "store/durable_directory.hpp"
#include "store/group_commit.hpp"
#include "store/high_water_mark.hpp"
#include "store/rocksdb_backup.hpp"
#include "store/rocksdb_database.hpp"
#include "store/rocksdb_journals.hpp"
#include "store/rocksdb_layout.hpp"
#include "store/write_guard.hpp"

#include <rocksdb/db.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

namespace serval {

namespace {

/// Gives the reserve up where it is needed, and takes it where there is room.
/// Returns what is free then.
std::uint64_t relieve(const std::filesystem::path& directory, store_disk& disk,
                      disk_reserve& reserve) {
  auto room = disk.free_bytes(directory);
  if (room >= room_for_changes) {
    reserve.take(room, room_for_releases);
    return room;
  }
  return reserve.give_up() ? disk.free_bytes(directory) : room;
}

class rocksdb_store final : public embedded_store {
public:
  rocksdb_store(std::filesystem::path directory, store_disk& disk,
                disk_reserve reserve, std::unique_ptr<rocksdb::DB> db,
                high_water_mark mark, journal_index index)
    : directory_(std::move(directory)),
      disk_(disk),
      reserve_(std::move(reserve)),
      db_(std::move(db)),
      mark_(std::move(mark)),
      guard_(std::move(index.guard)),
      chains_(std::move(index.chains)),
      commit_({[this](std::uint64_t batch) { return write(batch); },
               [this](std::uint64_t batch) {
                kill_point("mark");
                return mark_.set(batch);
              }},
              index.commits) {
    // nop
  }

  result<sequence> append(const append_request& request) override {
    result<sequence> last = sequence{};
    auto done = commit_.run([&]() -> result<void> {
      if (auto fine = make_room(request.changes); !fine)
        return fine;
      std::lock_guard held{mutex_};
      last = guard_.admit(request);
      if (!last)
        return last.error();
      add_records(request);
      return {};
    });
    return done ? last : done.error();
  }

  result<journal> read(std::string_view app) override {
    record_chain chain{std::string{app}};
    journal out;
    if (auto fine = read_journal(*db_, chain, out); !fine)
      return fine.error();
    return out;
  }

  result<void> snapshot(std::string_view app, serval::epoch epoch,
                        sequence upto,
                        std::vector<journal_entry> kept) override {
    return commit_.run([&]() -> result<void> {
      relieve(directory_, disk_, reserve_);
      std::lock_guard held{mutex_};
      if (auto fine = guard_.admit_snapshot(app, epoch, upto, kept); !fine)
        return fine;
      record_chain chain{std::string{app}};
      journal before;
      if (auto fine = read_journal(*db_, chain, before, upto); !fine)
        return fine;
      // Its end may be in the batch that is yet to be written.
      if (chain.last() != upto)
        return error{errc::conflict, "the snapshot of application \""
                                       + std::string{app}
                                       + "\" reaches beyond what is durable"};
      guard_.restore_snapshot(std::string{app}, upto);
      batch_.Put(snapshot_key(app), chain.snapshot(kept));
      batch_.DeleteRange(entry_key(app, {1}), entry_key(app, {upto.value + 1}));
      return {};
    });
  }

  result<std::vector<std::string>> applications() override {
    std::lock_guard held{mutex_};
    return guard_.applications();
  }

  result<lease_grant> lease(std::string_view holder, duration valid_for,
                            serval::epoch held_epoch) override {
    result<lease_grant> grant = lease_grant{};
    auto done = commit_.run([&]() -> result<void> {
      relieve(directory_, disk_, reserve_);
      std::lock_guard held{mutex_};
      auto now = std::chrono::steady_clock::now();
      grant = guard_.admit_lease(holder, valid_for, held_epoch, now);
      if (!grant)
        return grant.error();
      batch_.Put(lease_key, make_lease({grant->epoch, std::string{holder}}));
      return {};
    });
    return done ? grant : done.error();
  }

  result<lease_record> last_lease() override {
    std::lock_guard held{mutex_};
    return guard_.last_lease();
  }

  result<store_summary>
  back_up(const std::filesystem::path& directory) override {
    return copy_open_store(*db_, directory);
  }

private:
  // Prepares a batch, and is therefore never called twice at a time.
  result<void> make_room(const std::vector<app_change>& changes) {
    auto room = disk_.free_bytes(directory_);
    // A release is none of what makes room, and gets nothing of the reserve.
    if (room_needed(changes) > room_for_changes)
      room -= std::min(room, reserve_.missing());
    else
      room = relieve(directory_, disk_, reserve_);
    return check_room(directory_, room, changes);
  }

  void add_records(const append_request& request) {
    auto& chain
      = chains_.try_emplace(request.app, request.app).first->second;
    auto number = request.expected;
    for (const auto& change : request.changes) {
      ++number.value;
      batch_.Put(entry_key(request.app, number),
                 chain.append({number, request.epoch, request.at, change}));
    }
  }

  // `group_commit` keeps this and everything that prepares a batch apart, so
  // that `batch_` needs no lock.
  result<void> write(std::uint64_t number) {
    {
      std::lock_guard held{mutex_};
      batch_.Put(commit_key,
                 make_commit({layout_version, number, guard_.total()}));
    }
    rocksdb::WriteOptions options;
    options.sync = true;
    kill_point("write");
    auto status = db_->Write(options, &batch_);
    batch_.Clear();
    if (status.ok())
      return {};
    return error{errc::store_failed,
                 "cannot write to the journal: " + status.ToString()
                   + "; nothing more is acknowledged until the daemon is "
                     "restarted"};
  }

  std::filesystem::path directory_;
  store_disk& disk_;
  disk_reserve reserve_;
  // Guards `guard_` and `chains_` against readers.
  std::mutex mutex_;
  std::unique_ptr<rocksdb::DB> db_;
  high_water_mark mark_;
  write_guard guard_;
  std::map<std::string, record_chain, std::less<>> chains_;
  rocksdb::WriteBatch batch_;
  group_commit commit_;
};

/// A mark that is missing is made anew for a new store only: a refusal leaves
/// everything as it was found.
result<void> check_mark_is_there(const std::filesystem::path& directory,
                                 const store_edges& edges) {
  auto mark = high_water_mark::look_at(mark_file_of(directory));
  if (!mark || mark->exists())
    return {}; // What is wrong with it is told by whoever opens it.
  auto index = check_store(directory, *mark, edges.env);
  return index ? result<void>{} : result<void>{index.error()};
}

} // namespace

result<std::unique_ptr<embedded_store>>
open_rocksdb_store(const std::filesystem::path& directory,
                   const store_edges& edges) {
  if (auto fine = make_durable_directory(directory); !fine)
    return fine.error();
  if (auto fine = check_mark_is_there(directory, edges); !fine)
    return fine.error();
  auto mark = high_water_mark::open(mark_file_of(directory), edges.disk);
  if (!mark)
    return mark.error();
  disk_reserve reserve{directory / "reserve", edges.reserve_bytes};
  relieve(directory, edges.disk, reserve);
  auto log = database_of(directory);
  // RocksDB repairs while it opens. Damage is therefore looked for in a
  // read-only pass, which leaves everything as it was found.
  auto index = check_store(directory, *mark, edges.env);
  if (!index)
    return index.error();
  if (!mark->value())
    if (auto fine = mark->reset(index->commits); !fine)
      return fine.error();
  auto db = open_database(log, edges.env);
  if (!db)
    return db.error();
  if (auto fine = edges.disk.sync_names(directory); !fine)
    return fine.error();
  return std::unique_ptr<embedded_store>{std::make_unique<rocksdb_store>(
    directory, edges.disk, std::move(reserve), std::move(*db),
    std::move(*mark), std::move(*index))};
}

} // namespace serval
