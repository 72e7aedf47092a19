#include "store/rocksdb_layout.hpp"

#include <charconv>

namespace serval {

namespace {

constexpr char snapshot_prefix = 's';
constexpr char entry_prefix = 'e';
constexpr std::size_t sequence_bytes = 8;

/// Takes a decimal number and the blank behind it off the front.
bool take_number(std::string_view& text, std::uint64_t& number) {
  auto* end = text.data() + text.size();
  auto [next, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc{})
    return false;
  text.remove_prefix(static_cast<std::size_t>(next - text.data()));
  if (text.starts_with(' '))
    text.remove_prefix(1);
  return true;
}

} // namespace

std::filesystem::path mark_file_of(const std::filesystem::path& store) {
  return store / "high_water_mark";
}

std::filesystem::path database_of(const std::filesystem::path& store) {
  return store / "journal";
}

std::string entry_key(std::string_view app, sequence number) {
  std::string key{entry_prefix};
  key += app;
  key += '\0';
  for (int shift = 56; shift >= 0; shift -= 8)
    key += static_cast<char>((number.value >> shift) & 0xff);
  return key;
}

std::string snapshot_key(std::string_view app) {
  return snapshot_prefix + std::string{app};
}

std::optional<std::string> app_of_entry_key(std::string_view key) {
  auto end = key.find('\0');
  if (!key.starts_with(entry_prefix) || end == std::string_view::npos
      || key.size() != end + 1 + sequence_bytes)
    return std::nullopt;
  return std::string{key.substr(1, end - 1)};
}

std::string app_of_snapshot_key(std::string_view key) {
  return std::string{key.substr(1)};
}

std::string make_commit(const commit_record& record) {
  return std::to_string(record.layout) + " " + std::to_string(record.batch)
         + " " + std::to_string(record.total);
}

std::string make_lease(const lease_record& record) {
  return std::to_string(record.epoch.value) + " " + record.holder;
}

std::optional<commit_record> parse_commit(std::string_view text) {
  commit_record record;
  if (text.empty() || !take_number(text, record.layout))
    return text.empty() ? std::optional{record} : std::nullopt;
  // What follows the number of a newer layout is not for this program.
  if (record.layout > layout_version)
    return record;
  if (!take_number(text, record.batch) || !take_number(text, record.total)
      || !text.empty())
    return std::nullopt;
  return record;
}

std::optional<lease_record> parse_lease(std::string_view text) {
  lease_record record;
  if (!text.empty() && !take_number(text, record.epoch.value))
    return std::nullopt;
  record.holder = text;
  return record;
}

} // namespace serval
