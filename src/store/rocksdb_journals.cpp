#include "store/rocksdb_journals.hpp"

#include "store/rocksdb_damage.hpp"
#include "store/rocksdb_database.hpp"
#include "store/rocksdb_layout.hpp"

#include <set>

namespace serval {

namespace {

constexpr sequence behind_all{~std::uint64_t{0}};

/// Reads a key under "m"; empty if there is none.
result<std::string> read_meta(rocksdb::DB& db, const char* key) {
  std::string value;
  auto status = db.Get(rocksdb::ReadOptions{}, key, &value);
  if (!status.ok() && !status.IsNotFound())
    return database_error("cannot read", db.GetName(), status);
  return value;
}

error damaged(rocksdb::DB& db, const std::string& what) {
  return {errc::corrupt, "the journal in " + db.GetName() + " " + what
                           + std::string{restore_advice}};
}

result<commit_record> load_commit(rocksdb::DB& db) {
  auto text = read_meta(db, commit_key);
  if (!text)
    return text.error();
  auto commit = parse_commit(*text);
  if (!commit)
    return damaged(db, std::string{"has a damaged value of the key \""}
                         + commit_key + "\"");
  if (commit->layout > layout_version)
    return error{errc::unavailable,
                 "the journal in " + db.GetName() + " has layout "
                   + std::to_string(commit->layout)
                   + ", but this program reads layouts up to "
                   + std::to_string(layout_version)
                   + "; start the newer version of Serval that wrote it"};
  return *commit;
}

result<void> load_lease(rocksdb::DB& db, journal_index& index) {
  auto text = read_meta(db, lease_key);
  if (!text)
    return text.error();
  auto lease = parse_lease(*text);
  if (!lease)
    return damaged(db, std::string{"has a damaged value of the key \""}
                         + lease_key + "\"");
  index.guard.restore_epoch(lease->epoch);
  return {};
}

result<void> load_journal(rocksdb::DB& db, const std::string& name,
                          journal_index& index) {
  auto& chain = index.chains.try_emplace(name, name).first->second;
  journal found;
  if (auto fine = read_journal(db, chain, found); !fine)
    return fine;
  for (const auto& entry : found.entries)
    if (entry.epoch > index.guard.last_epoch())
      return damaged(db, "has a change of application \"" + name
                           + "\" under epoch "
                           + std::to_string(entry.epoch.value)
                           + ", but the last one granted is "
                           + std::to_string(index.guard.last_epoch().value));
  index.entries += found.entries.size();
  index.guard.restore_journal(name, chain.last());
  if (chain.snapshot_end())
    index.guard.restore_snapshot(name, chain.snapshot_end());
  return {};
}

/// The newest log file and its size in words.
std::string end_of_log(const std::filesystem::path& log) {
  std::error_code code;
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator{log, code})
    if (entry.path().extension() == ".log" && entry.path() > newest)
      newest = entry.path();
  if (newest.empty())
    return log.string() + " (no log file)";
  return newest.string() + ", byte "
         + std::to_string(std::filesystem::file_size(newest, code));
}

result<void> compare_with_mark(const std::filesystem::path& directory,
                               const high_water_mark& mark,
                               const journal_index& index) {
  auto log = database_of(directory);
  auto mark_file = mark_file_of(directory).string();
  if (!mark.value() && index.commits > 0)
    return error{errc::corrupt,
                 mark_file + " is missing or damaged, but the journal beside "
                   + "it ends at " + end_of_log(log) + " (batch "
                   + std::to_string(index.commits)
                   + "), and nothing proves that this is its end"
                   + std::string{restore_advice}};
  if (mark.value().value_or(0) > index.commits)
    return error{errc::corrupt,
                 "the journal ends at " + end_of_log(log) + " (batch "
                   + std::to_string(index.commits) + "), but " + mark_file
                   + " says that batch " + std::to_string(*mark.value())
                   + " was acknowledged; what is between them is lost"
                   + find_damage(log) + std::string{restore_advice}};
  return {};
}

result<journal_index> check_journals(const std::filesystem::path& log,
                                     rocksdb::Env* env) {
  journal_index index;
  std::error_code ignored;
  if (!std::filesystem::exists(log / "CURRENT", ignored))
    return index;
  auto db = open_for_reading(log, env);
  if (!db)
    return db.error();
  // The layout comes first: nothing else can be understood without it.
  auto commit = load_commit(**db);
  if (!commit)
    return commit.error();
  index.commits = commit->batch;
  if (auto fine = load_lease(**db, index); !fine)
    return fine.error();
  auto names = names_in(**db);
  if (!names)
    return names.error();
  for (const auto& name : *names)
    if (auto fine = load_journal(**db, name, index); !fine)
      return fine.error();
  if (commit->total != index.guard.total())
    return damaged(**db, "holds " + std::to_string(index.guard.total())
                           + " changes, but should hold "
                           + std::to_string(commit->total));
  // Also what no journal needs any more has to be whole: compaction reads it,
  // and stops for good if it is not.
  if (auto status = (*db)->VerifyChecksum(rocksdb::ReadOptions{});
      !status.ok())
    return database_error("cannot read", log, status);
  return index;
}

} // namespace

result<journal_index> check_store(const std::filesystem::path& directory,
                                  const high_water_mark& mark,
                                  rocksdb::Env* env) {
  auto index = check_journals(database_of(directory), env);
  if (!index)
    return index;
  if (auto fine = compare_with_mark(directory, mark, *index); !fine)
    return fine.error();
  return index;
}

result<std::vector<std::string>> names_in(rocksdb::DB& db) {
  std::set<std::string> names;
  std::unique_ptr<rocksdb::Iterator> at{
    db.NewIterator(rocksdb::ReadOptions{})};
  at->Seek("e");
  while (at->Valid() && at->key().starts_with("e")) {
    auto app = app_of_entry_key(at->key().ToStringView());
    if (!app)
      return damaged(db, "has an entry whose key is damaged");
    // Straight to the next application.
    at->Seek(entry_key(*app, behind_all) + '\0');
    names.insert(std::move(*app));
  }
  if (!at->status().ok())
    return database_error("cannot read", db.GetName(), at->status());
  at->Seek("s");
  while (at->Valid() && at->key().starts_with("s")) {
    names.insert(app_of_snapshot_key(at->key().ToStringView()));
    at->Next();
  }
  if (!at->status().ok())
    return database_error("cannot read", db.GetName(), at->status());
  return std::vector<std::string>{names.begin(), names.end()};
}

result<void> read_journal(rocksdb::DB& db, record_chain& chain, journal& out,
                          sequence upto) {
  auto explain = [&](const error& what) {
    auto advice = what.code == errc::corrupt ? restore_advice : "";
    return error{what.code,
                 db.GetName() + ": " + what.message + std::string{advice}};
  };
  rocksdb::ReadOptions options;
  // Snapshot and entries must be of one moment, or a compaction between the
  // two reads looks like a hole.
  rocksdb::ManagedSnapshot moment{&db};
  options.snapshot = moment.snapshot();
  std::string stored;
  auto status = db.Get(options, snapshot_key(chain.app()), &stored);
  if (!status.ok() && !status.IsNotFound())
    return database_error("cannot read", db.GetName(), status);
  if (status.ok()) {
    auto kept = chain.start_from(stored);
    if (!kept)
      return explain(kept.error());
    out.entries = std::move(*kept);
    out.last = chain.last();
  }
  auto end = entry_key(chain.app(), behind_all);
  rocksdb::Slice bound{end};
  options.iterate_upper_bound = &bound;
  std::unique_ptr<rocksdb::Iterator> at{db.NewIterator(options)};
  // What the snapshot stands for is deleted, and need not be passed over.
  at->Seek(entry_key(chain.app(), {chain.last().value + 1}));
  for (; chain.last() < upto && at->Valid(); at->Next()) {
    auto entry = chain.follow(at->value().ToStringView());
    if (!entry)
      return explain(entry.error());
    out.entries.push_back(std::move(*entry));
    out.last = chain.last();
  }
  if (!at->status().ok())
    return database_error("cannot read", db.GetName(), at->status());
  return {};
}

} // namespace serval
