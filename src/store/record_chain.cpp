#include "store/record_chain.hpp"

#include "base/sha256.hpp"
#include "wire/journal_records.hpp"

#include <charconv>

namespace serval {

namespace {

constexpr std::size_t hash_size = 64;

/// Takes a decimal number and the separator behind it off the front.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  auto* end = text.data() + text.size();
  auto [next, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc{} || next == end || *next != ' ')
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(next - text.data()) + 1);
  return number;
}

} // namespace

error record_chain::broken(std::string_view why) const {
  return {errc::corrupt, "the journal of application \"" + app_
                           + "\" is damaged after sequence "
                           + std::to_string(last_.value) + ": "
                           + std::string{why}};
}

std::string record_chain::link_to(std::string_view record) const {
  sha256_hasher hasher;
  hasher.update(hash_);
  hasher.update(record);
  return hasher.hex();
}

std::string record_chain::append(const journal_entry& entry) {
  auto record = encode_journal_record(app_, entry);
  hash_ = link_to(record);
  last_ = entry.number;
  return hash_ + record;
}

result<journal_entry> record_chain::follow(std::string_view stored) {
  if (stored.size() < hash_size)
    return broken("the next record is cut off");
  auto hash = stored.substr(0, hash_size);
  auto bytes = stored.substr(hash_size);
  if (link_to(bytes) != hash)
    return broken("the next record's hash does not fit");
  auto record = decode_journal_record(bytes);
  if (!record)
    return record.error().code == errc::corrupt
             ? broken(record.error().message)
             : record.error();
  if (record->app != app_ || record->entry.number.value != last_.value + 1)
    return broken("the next record belongs elsewhere");
  hash_ = hash;
  last_ = record->entry.number;
  return std::move(record->entry);
}

// A snapshot is "HASH UPTO CHAIN COUNT (SIZE RECORD)*", where HASH is that of
// all that follows it and CHAIN the hash that the next entry links to.
std::string record_chain::take_over(const journal& from) {
  hash_ = link_to(std::to_string(from.last.value));
  for (const auto& entry : from.entries)
    static_cast<void>(append(entry));
  last_ = from.last;
  return snapshot(from.entries);
}

std::string
record_chain::snapshot(const std::vector<journal_entry>& kept) const {
  auto body = std::to_string(last_.value) + " " + hash_ + " "
              + std::to_string(kept.size()) + " ";
  for (const auto& entry : kept) {
    auto record = encode_journal_record(app_, entry);
    body += std::to_string(record.size()) + " " + record;
  }
  return sha256_hex(body) + body;
}

result<std::vector<journal_entry>>
record_chain::start_from(std::string_view stored) {
  if (stored.size() < hash_size
      || sha256_hex(stored.substr(hash_size)) != stored.substr(0, hash_size))
    return broken("the hash of its snapshot does not fit");
  auto rest = stored.substr(hash_size);
  auto upto = take_number(rest);
  if (!upto || rest.size() <= hash_size)
    return broken("its snapshot cannot be read");
  auto hash = std::string{rest.substr(0, hash_size)};
  rest.remove_prefix(hash_size + 1);
  auto count = take_number(rest);
  std::vector<journal_entry> kept;
  for (std::uint64_t i = 0; count && i < *count; ++i) {
    auto size = take_number(rest);
    if (!size || *size > rest.size())
      return broken("its snapshot is cut off");
    auto record = decode_journal_record(rest.substr(0, *size));
    if (!record)
      return record.error();
    rest.remove_prefix(*size);
    kept.push_back(std::move(record->entry));
  }
  last_ = snapshot_end_ = {*upto};
  hash_ = std::move(hash);
  return kept;
}

} // namespace serval
