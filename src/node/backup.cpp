#include "node/backup.hpp"

#include "base/sha256.hpp"
#include "node/data_dir.hpp"
#include "store/durable_directory.hpp"
#include "store/rocksdb_backup.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

namespace serval {

namespace {

namespace fs = std::filesystem;

/// Whether something may be created under this name.
result<void> check_free(const fs::path& directory) {
  std::error_code code;
  if (!fs::exists(directory, code))
    return {};
  if (fs::is_directory(directory, code) && fs::is_empty(directory, code)
      && !code)
    return {};
  return error{errc::conflict,
               fmt::format("{} is not empty; nothing is written over, so give "
                           "a directory that is empty or does not exist",
                           directory.string())};
}

/// A sibling in which everything is made ready, so that the directory appears
/// whole or not at all.
result<fs::path> make_draft(const fs::path& directory) {
  if (auto fine = check_free(directory); !fine)
    return fine.error();
  auto draft = directory;
  draft += ".partial";
  std::error_code code;
  if (fs::exists(draft, code))
    return error{errc::conflict,
                 fmt::format("{} is what an interrupted or running command "
                             "left; remove it if none runs",
                             draft.string())};
  if (auto made = make_durable_directory(draft); !made)
    return made.error();
  ::chmod(draft.c_str(), 0700);
  return draft;
}

result<void> publish(const fs::path& draft, const fs::path& directory) {
  std::error_code code;
  fs::rename(draft, directory, code);
  if (code)
    return error{errc::store_failed,
                 fmt::format("cannot rename {} to {}: {}; a mount point cannot "
                             "be replaced, so give a directory below it",
                             draft.string(), directory.string(),
                             code.message())};
  return sync_directory(directory.parent_path());
}

/// Copies artifacts, each of which must still have the hash it is named by.
result<void> copy_artifacts(const std::string& from, const std::string& to) {
  std::error_code code;
  if (!fs::exists(from, code))
    return {};
  if (auto fine = copy_directory(from, to); !fine)
    return fine;
  for (const auto& entry : fs::directory_iterator{to, code}) {
    auto name = entry.path().filename().string();
    if (!is_sha256_hex(name)) { // An upload that is under way.
      fs::remove(entry.path(), code);
      continue;
    }
    auto hash = sha256_hex_of_file(entry.path().string());
    if (!hash)
      return hash.error();
    if (*hash != name)
      return error{errc::corrupt,
                   fmt::format("the artifact {}/{} is damaged: its bytes have "
                               "another hash; upload it again, or take another "
                               "backup",
                               from, name)};
  }
  return sync_directory(to);
}

/// `made` if it went well; else the draft is removed again.
template <class T>
result<T> clean_up(result<T> made, const fs::path& draft) {
  std::error_code ignored;
  if (!made)
    fs::remove_all(draft, ignored);
  return made;
}

result<store_summary> fill(const std::string& from, const fs::path& draft,
                           const fs::path& to, const store_copier& copy_store) {
  // An artifact is there before a release that needs it is journaled, so this
  // order misses none.
  auto copied = copy_store(data_dir::store_in(draft.string()));
  if (!copied)
    return copied;
  if (auto fine = copy_artifacts(data_dir::artifacts_in(from),
                                 data_dir::artifacts_in(draft.string()));
      !fine)
    return fine.error();
  if (auto fine = sync_directory(draft); !fine)
    return fine.error();
  if (auto fine = publish(draft, to); !fine)
    return fine.error();
  return copied;
}

} // namespace

result<store_summary> make_backup(const std::string& from,
                                  const std::string& to,
                                  const store_copier& copy_store) {
  auto target = fs::absolute(to).lexically_normal();
  if (!target.has_filename())
    target = target.parent_path();
  auto draft = make_draft(target);
  if (!draft)
    return draft.error();
  return clean_up(fill(from, *draft, target, copy_store), *draft);
}

result<store_summary> make_backup(const std::string& from,
                                  const std::string& to) {
  return make_backup(from, to, [&](const fs::path& copy) {
    return copy_closed_store(data_dir::store_in(from), copy);
  });
}

result<store_summary> restore_backup(const std::string& backup,
                                     const std::string& to) {
  return make_backup(
    backup, to, [&](const fs::path& copy) -> result<store_summary> {
      auto copied = copy_closed_store(data_dir::store_in(backup), copy);
      if (!copied)
        return copied;
      return resume_copy(copy);
    });
}

} // namespace serval
