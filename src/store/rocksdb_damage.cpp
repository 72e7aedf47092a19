#include "store/rocksdb_damage.hpp"

#include "store/log_scan.hpp"

#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

namespace serval {

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The files of one kind, oldest first; their names are numbers.
std::vector<fs::path> files_with(const fs::path& database,
                                 std::string_view extension) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{database, ignored})
    if (entry.path().extension() == extension)
      found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

std::optional<std::string> damage_of_log(const fs::path& file) {
  auto place = find_log_damage(read_file(file));
  if (!place)
    return std::nullopt;
  return file.string() + ", byte " + std::to_string(place->offset) + ": "
         + place->why;
}

std::optional<std::string> damage_of_table(const fs::path& file) {
  rocksdb::SstFileReader reader{rocksdb::Options{}};
  auto status = reader.Open(file.string());
  if (status.ok())
    status = reader.VerifyChecksum(rocksdb::ReadOptions{});
  if (status.ok())
    return std::nullopt;
  return file.string() + ": " + status.ToString();
}

/// The file that says which manifest is the current one, and that manifest.
std::optional<std::string> damage_of_manifest(const fs::path& database) {
  auto current = database / "CURRENT";
  std::error_code ignored;
  if (!fs::exists(current, ignored))
    return current.string() + " is missing";
  auto name = read_file(current);
  if (!name.starts_with("MANIFEST-") || !name.ends_with('\n'))
    return current.string() + ", byte 0: it names no manifest";
  name.pop_back();
  auto manifest = database / name;
  if (!fs::exists(manifest, ignored))
    return manifest.string() + " is missing, which " + current.string()
           + " names";
  return damage_of_log(manifest);
}

/// Every file may be as it was written, but one too many or too few.
std::string misfit(const fs::path& database) {
  auto name = read_file(database / "CURRENT");
  name.pop_back();
  return "each file is whole, but " + (database / name).string()
         + " or one beside it was cut or removed";
}

std::optional<std::string> first_damage(const fs::path& database) {
  if (auto found = damage_of_manifest(database))
    return found;
  for (const auto& file : files_with(database, ".sst"))
    if (auto found = damage_of_table(file))
      return found;
  for (const auto& file : files_with(database, ".log"))
    if (auto found = damage_of_log(file))
      return found;
  return std::nullopt;
}

} // namespace

std::string find_damage(const fs::path& database) {
  auto found = first_damage(database);
  return " (" + (found ? *found : misfit(database)) + ")";
}

} // namespace serval
