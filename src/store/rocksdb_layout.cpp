#include "store/rocksdb_layout.hpp"

#include <charconv>

namespace serval {

namespace {

// Raised when a program that reads only the old layout would misread the new.
constexpr std::uint64_t layout_version = 1;

constexpr std::string_view snapshot_prefix = "s";
constexpr std::string_view entry_prefix = "e";

rocksdb::Options make_options() {
  rocksdb::Options options;
  options.create_if_missing = true;
  // A torn record at the very end was never acknowledged. Anything else wrong
  // is an error; RocksDB's default would drop it and all behind it, silently.
  options.wal_recovery_mode
    = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.paranoid_checks = true;
  options.track_and_verify_wals_in_manifest = true;
  options.write_buffer_size = 4 << 20;
  options.keep_log_file_num = 2;
  options.compression = rocksdb::kNoCompression;
  options.info_log_level = rocksdb::WARN_LEVEL;
  return options;
}

error database_error(std::string_view attempt,
                     const std::filesystem::path& log,
                     const rocksdb::Status& status) {
  auto code = status.IsCorruption() ? errc::corrupt : errc::store_failed;
  return {code, std::string{attempt} + " the journal in " + log.string() + ": "
                  + status.ToString()};
}

std::vector<std::uint64_t> numbers_in(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  auto* next = text.data();
  auto* end = next + text.size();
  while (next != end) {
    std::uint64_t number = 0;
    auto parsed = std::from_chars(next, end, number);
    if (parsed.ec != std::errc{})
      break;
    numbers.push_back(number);
    next = parsed.ptr == end ? end : parsed.ptr + 1;
  }
  return numbers;
}

/// Reads a key under "m"; empty if there is none.
result<std::string> read_meta(rocksdb::DB& db, const char* key,
                              const std::filesystem::path& log) {
  std::string value;
  auto status = db.Get(rocksdb::ReadOptions{}, key, &value);
  if (!status.ok() && !status.IsNotFound())
    return database_error("cannot read", log, status);
  return value;
}

/// All applications that have an entry or a snapshot.
result<std::vector<std::string>>
names_in(rocksdb::DB& db, const std::filesystem::path& log) {
  std::map<std::string, bool> names;
  std::unique_ptr<rocksdb::Iterator> at{
    db.NewIterator(rocksdb::ReadOptions{})};
  at->Seek(rocksdb::Slice{entry_prefix.data(), entry_prefix.size()});
  while (at->Valid() && at->key().starts_with("e")) {
    auto key = at->key().ToStringView().substr(1);
    std::string name{key.substr(0, key.find('\0'))};
    // Straight to the next application.
    at->Seek(entry_key(name, {~std::uint64_t{0}}));
    if (at->Valid() && at->key() == entry_key(name, {~std::uint64_t{0}}))
      at->Next();
    names.emplace(std::move(name), true);
  }
  for (at->Seek("s"); at->Valid() && at->key().starts_with("s"); at->Next())
    names.emplace(at->key().ToStringView().substr(1), true);
  if (!at->status().ok())
    return database_error("cannot read", log, at->status());
  std::vector<std::string> out;
  for (auto& [name, seen] : names)
    out.push_back(name);
  return out;
}

result<void> load_meta(rocksdb::DB& db, const std::filesystem::path& log,
                       journal_index& index) {
  auto commit = read_meta(db, commit_key, log);
  if (!commit)
    return commit.error();
  auto lease = read_meta(db, lease_key, log);
  if (!lease)
    return lease.error();
  auto numbers = numbers_in(*commit);
  if (!numbers.empty() && numbers[0] > layout_version)
    return error{errc::unavailable,
                 "the journal in " + log.string() + " has layout "
                   + std::to_string(numbers[0])
                   + ", but this program reads layouts up to "
                   + std::to_string(layout_version)
                   + "; start the newer version of Serval that wrote it"};
  if (numbers.size() >= 2)
    index.commits = numbers[1];
  auto total = numbers.size() >= 3 ? numbers[2] : 0;
  if (total != index.guard.total())
    return error{errc::corrupt,
                 "the journal in " + log.string() + " holds "
                   + std::to_string(index.guard.total())
                   + " changes, but should hold " + std::to_string(total)
                   + "; restore the data directory from a backup"};
  if (auto epoch = numbers_in(*lease); !epoch.empty())
    index.guard.restore_epoch({epoch[0]});
  return {};
}

} // namespace

std::string entry_key(std::string_view app, sequence number) {
  std::string key{entry_prefix};
  key += app;
  key += '\0';
  for (int shift = 56; shift >= 0; shift -= 8)
    key += static_cast<char>((number.value >> shift) & 0xff);
  return key;
}

std::string snapshot_key(std::string_view app) {
  return std::string{snapshot_prefix} + std::string{app};
}

std::string make_commit(std::uint64_t commits, std::uint64_t total) {
  return std::to_string(layout_version) + " " + std::to_string(commits) + " "
         + std::to_string(total);
}

std::string make_lease(serval::epoch epoch, std::string_view holder) {
  return std::to_string(epoch.value) + " " + std::string{holder};
}

result<journal_index> check_journals(const std::filesystem::path& log) {
  journal_index index;
  std::error_code ignored;
  if (!std::filesystem::exists(log / "CURRENT", ignored))
    return index;
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::OpenForReadOnly(make_options(), log.string(),
                                             &raw);
  std::unique_ptr<rocksdb::DB> db{raw};
  if (!status.ok())
    return database_error("cannot open", log, status);
  auto names = names_in(*db, log);
  if (!names)
    return names.error();
  for (const auto& name : *names) {
    auto& chain = index.chains.try_emplace(name, name).first->second;
    if (auto fine = read_journal(*db, chain); !fine)
      return error{fine.error().code,
                   log.string() + ": " + fine.error().message};
    index.guard.restore_journal(name, chain.last());
  }
  if (auto fine = load_meta(*db, log, index); !fine)
    return fine.error();
  return index;
}

result<std::unique_ptr<rocksdb::DB>>
open_database(const std::filesystem::path& log) {
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::Open(make_options(), log.string(), &raw);
  std::unique_ptr<rocksdb::DB> db{raw};
  if (!status.ok())
    return database_error("cannot open", log, status);
  return db;
}

result<journal> read_journal(rocksdb::DB& db, record_chain& chain,
                             sequence upto) {
  journal out;
  std::string stored;
  rocksdb::ReadOptions options;
  // Snapshot and entries must be of one moment, or a compaction between the
  // two reads looks like a hole.
  rocksdb::ManagedSnapshot moment{&db};
  options.snapshot = moment.snapshot();
  auto status = db.Get(options, snapshot_key(chain.app()), &stored);
  if (!status.ok() && !status.IsNotFound())
    return database_error("cannot read", db.GetName(), status);
  if (status.ok()) {
    auto kept = chain.start_from(stored);
    if (!kept)
      return kept.error();
    out.entries = std::move(*kept);
  }
  std::unique_ptr<rocksdb::Iterator> at{db.NewIterator(options)};
  auto end = entry_key(chain.app(), {~std::uint64_t{0}});
  at->Seek(entry_key(chain.app(), {1}));
  while (chain.last() < upto && at->Valid() && at->key().compare(end) < 0) {
    auto entry = chain.follow(at->value().ToStringView());
    if (!entry)
      return entry.error();
    out.entries.push_back(std::move(*entry));
    at->Next();
  }
  if (!at->status().ok())
    return database_error("cannot read", db.GetName(), at->status());
  out.last = chain.last();
  return out;
}

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

} // namespace serval
