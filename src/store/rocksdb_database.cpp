#include "store/rocksdb_database.hpp"

#include "store/rocksdb_damage.hpp"

#include <rocksdb/env.h>

namespace serval {

namespace {

/// RocksDB's own log, of which a reader leaves no trace.
class silent_logger final : public rocksdb::Logger {
public:
  using rocksdb::Logger::Logv;

  void Logv(const char*, va_list) override {
    // nop
  }
};

rocksdb::Options make_options(rocksdb::Env* env) {
  rocksdb::Options options;
  if (env != nullptr)
    options.env = env;
  options.create_if_missing = true;
  // Reading stops at the first record that is torn or damaged. A power cut may
  // leave one at the end, which was never acknowledged; that nothing is missing
  // that was, the high-water mark proves. The stricter modes refuse both.
  options.wal_recovery_mode
    = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.paranoid_checks = true;
  options.track_and_verify_wals_in_manifest = true;
  options.write_buffer_size = 4 << 20;
  options.keep_log_file_num = 2;
  options.compression = rocksdb::kNoCompression;
  options.info_log_level = rocksdb::WARN_LEVEL;
  return options;
}

} // namespace

result<std::unique_ptr<rocksdb::DB>>
open_database(const std::filesystem::path& log, rocksdb::Env* env) {
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::Open(make_options(env), log.string(), &raw);
  std::unique_ptr<rocksdb::DB> db{raw};
  if (!status.ok())
    return database_error("cannot open", log, status);
  return db;
}

result<std::unique_ptr<rocksdb::DB>>
open_for_reading(const std::filesystem::path& log, rocksdb::Env* env) {
  auto options = make_options(env);
  options.create_if_missing = false;
  options.info_log = std::make_shared<silent_logger>();
  rocksdb::DB* raw = nullptr;
  auto status = rocksdb::DB::OpenForReadOnly(options, log.string(), &raw);
  std::unique_ptr<rocksdb::DB> db{raw};
  if (!status.ok())
    return database_error("cannot open", log, status);
  return db;
}

error database_error(std::string_view attempt,
                     const std::filesystem::path& log,
                     const rocksdb::Status& status) {
  auto text = std::string{attempt} + " the journal in " + log.string() + ": "
              + status.ToString();
  if (status.IsCorruption() || status.IsPathNotFound() || status.IsNotFound()
      || status.IsInvalidArgument())
    return {errc::corrupt,
            text + find_damage(log) + std::string{restore_advice}};
  return {errc::store_failed, text};
}

} // namespace serval
