#pragma once

#include "base/result.hpp"
#include "model/app_change.hpp"

#include <string>
#include <string_view>

namespace serval {

/// The highest version of the record format that this program reads. A record
/// is written in the lowest that knows its kind of change.
inline constexpr std::uint16_t journal_format = 2;

/// What one journal record says.
struct journal_record {
  std::string app;
  journal_entry entry;
  friend bool operator==(const journal_record&,
                         const journal_record&) = default;
};

/// Writes a record as schemas/journal.fbs describes it.
std::string encode_journal_record(std::string_view app,
                                  const journal_entry& entry);

/// Reads a record after verifying it. Errors: `corrupt` for bytes that are no
/// record, `unavailable` for a record of a newer version of Serval.
result<journal_record> decode_journal_record(std::string_view bytes);

} // namespace serval
