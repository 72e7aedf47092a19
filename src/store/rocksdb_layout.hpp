#pragma once

#include "base/result.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace serval {

/// The bytes of the embedded store's keys and values; schemas/README.md
/// describes them. Raised when a program that reads only the old layout would
/// misread the new.
inline constexpr std::uint64_t layout_version = 1;

/// Where a store's parts lie in its directory.
std::filesystem::path mark_file_of(const std::filesystem::path& store);
std::filesystem::path database_of(const std::filesystem::path& store);

inline constexpr const char* commit_key = "mcommit";
inline constexpr const char* lease_key = "mlease";
std::string entry_key(std::string_view app, sequence number);
std::string snapshot_key(std::string_view app);

/// The application that the key of an entry belongs to; none if it is no such
/// key.
std::optional<std::string> app_of_entry_key(std::string_view key);

/// The same of a snapshot. REQUIRES: `key` begins as `snapshot_key("")`
std::string app_of_snapshot_key(std::string_view key);

/// The value of `commit_key`.
struct commit_record {
  std::uint64_t layout = layout_version;
  /// The number of the last batch.
  std::uint64_t batch = 0;
  /// The sum of all journals' last sequences.
  std::uint64_t total = 0;
};

std::string make_commit(const commit_record& record);
/// The value of `lease_key`.
std::string make_lease(const lease_record& record);

/// Read what `make_…` wrote; an empty text, the value of a key that is not
/// there, is a record of zeros. None if it is something else.
std::optional<commit_record> parse_commit(std::string_view text);
std::optional<lease_record> parse_lease(std::string_view text);

} // namespace serval
