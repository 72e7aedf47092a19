#include "store/rocksdb_inspection.hpp"

#include "store/high_water_mark.hpp"
#include "store/rocksdb_database.hpp"
#include "store/rocksdb_journals.hpp"
#include "store/rocksdb_layout.hpp"

#include <algorithm>

namespace serval {

namespace {

/// Takes the store's lock beside other readers, as long as the mark lives.
result<high_water_mark> look_at(const std::filesystem::path& directory) {
  std::error_code ignored;
  auto exists = [&](const std::filesystem::path& path) {
    return std::filesystem::exists(path, ignored);
  };
  if (!exists(database_of(directory)) && !exists(mark_file_of(directory)))
    return error{errc::not_found,
                 "there is no store in " + directory.string()
                   + "; give a node's data_dir or a backup"};
  return high_water_mark::look_at(mark_file_of(directory));
}

result<store_summary> check(const std::filesystem::path& directory,
                            const high_water_mark& mark) {
  auto index = check_store(directory, mark);
  if (!index)
    return index.error();
  return summary_of(*index, mark);
}

} // namespace

store_summary summary_of(const journal_index& index,
                         const high_water_mark& mark) {
  return {index.chains.size(),       index.guard.total(),
          index.entries,             index.commits,
          mark.value().value_or(0), index.guard.last_epoch()};
}

result<store_summary> verify_store(const std::filesystem::path& directory) {
  auto mark = look_at(directory);
  if (!mark)
    return mark.error();
  return check(directory, *mark);
}

result<store_summary>
read_store(const std::filesystem::path& directory, const std::string& only,
           const std::function<void(const std::string& app,
                                    const journal& found)>& take) {
  auto mark = look_at(directory);
  if (!mark)
    return mark.error();
  if (auto db = open_for_reading(database_of(directory))) {
    auto names = names_in(**db);
    if (!names)
      return names.error();
    if (!only.empty() && std::ranges::find(*names, only) == names->end())
      return error{errc::not_found, "there is no journal of an application \""
                                      + only + "\" in " + directory.string()};
    for (const auto& name : *names) {
      if (!only.empty() && name != only)
        continue;
      record_chain chain{name};
      journal found;
      // What is wrong with it is told below.
      (void) read_journal(**db, chain, found);
      take(name, found);
    }
  }
  return check(directory, *mark);
}

} // namespace serval
