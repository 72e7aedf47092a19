#include "store/rocksdb_store.hpp"

#include "base/defect.hpp"
#include "store/durable_directory.hpp"
#include "store/group_commit.hpp"
#include "store/high_water_mark.hpp"
#include "store/rocksdb_layout.hpp"
#include "store/write_guard.hpp"

#include <rocksdb/db.h>

#include <chrono>
#include <map>
#include <mutex>

namespace serval {

namespace {

class rocksdb_store final : public store {
public:
  rocksdb_store(std::unique_ptr<rocksdb::DB> db, high_water_mark mark,
                journal_index index)
    : db_(std::move(db)),
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
    return read_journal(*db_, chain);
  }

  result<void> snapshot(std::string_view app, serval::epoch epoch,
                        sequence upto,
                        std::vector<journal_entry> kept) override {
    return commit_.run([&]() -> result<void> {
      std::lock_guard held{mutex_};
      if (auto fine = guard_.admit_snapshot(app, epoch, upto, kept); !fine)
        return fine;
      record_chain chain{std::string{app}};
      if (auto fine = read_journal(*db_, chain, upto); !fine)
        return fine.error();
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
      std::lock_guard held{mutex_};
      auto now = std::chrono::steady_clock::now();
      grant = guard_.admit_lease(holder, valid_for, held_epoch, now);
      if (!grant)
        return grant.error();
      batch_.Put(lease_key, make_lease(grant->epoch, holder));
      return {};
    });
    return done ? grant : done.error();
  }

private:
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
      batch_.Put(commit_key, make_commit(number, guard_.total()));
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

  // Guards `guard_` and `chains_` against readers.
  std::mutex mutex_;
  std::unique_ptr<rocksdb::DB> db_;
  high_water_mark mark_;
  write_guard guard_;
  std::map<std::string, record_chain, std::less<>> chains_;
  rocksdb::WriteBatch batch_;
  group_commit commit_;
};

result<void> compare_with_mark(const std::filesystem::path& directory,
                               const high_water_mark& mark,
                               const journal_index& index,
                               const std::string& log_end) {
  auto mark_file = (directory / "high_water_mark").string();
  if (!mark.value() && index.commits > 0)
    return error{errc::corrupt,
                 mark_file + " is missing or damaged, but the journal beside "
                   + "it ends at " + log_end + " (batch "
                   + std::to_string(index.commits)
                   + "), and nothing proves that this is its end; restore the "
                     "data directory from a backup"};
  if (mark.value().value_or(0) > index.commits)
    return error{errc::corrupt,
                 "the journal ends at " + log_end + " (batch "
                   + std::to_string(index.commits) + "), but " + mark_file
                   + " says that batch " + std::to_string(*mark.value())
                   + " was acknowledged; what is between them is lost. Restore "
                     "the data directory from a backup"};
  return {};
}

} // namespace

result<std::unique_ptr<store>>
open_rocksdb_store(const std::filesystem::path& directory) {
  if (auto fine = make_durable_directory(directory); !fine)
    return fine.error();
  auto mark = high_water_mark::open(directory / "high_water_mark");
  if (!mark)
    return mark.error();
  auto log = directory / "journal";
  auto log_end = end_of_log(log);
  // RocksDB repairs while it opens. Damage is therefore looked for in a
  // read-only pass, which leaves everything as it was found.
  auto index = check_journals(log);
  if (!index)
    return index.error();
  if (auto fine = compare_with_mark(directory, *mark, *index, log_end); !fine)
    return fine.error();
  if (!mark->value())
    if (auto fine = mark->reset(index->commits); !fine)
      return fine.error();
  auto db = open_database(log);
  if (!db)
    return db.error();
  if (auto fine = sync_directory(directory); !fine)
    return fine.error();
  return std::unique_ptr<store>{std::make_unique<rocksdb_store>(
    std::move(*db), std::move(*mark), std::move(*index))};
}

} // namespace serval
