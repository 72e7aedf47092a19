#pragma once

#include "base/result.hpp"
#include "model/app_change.hpp"
#include "wire/format_versions.hpp"

#include <string>
#include <string_view>

namespace serval {

/// The lowest format that knows this kind of change.
std::uint16_t format_of(const change_kind& what) noexcept;

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
