#include "targets.hpp"

#include "base/assert.hpp"
#include "base/sha256.hpp"
#include "store/record_chain.hpp"
#include "wire/journal_records.hpp"

namespace serval {

namespace {

void check_record(std::string_view input) {
  auto record = decode_journal_record(input);
  if (!record)
    return;
  auto bytes = encode_journal_record(record->app, record->entry);
  auto again = decode_journal_record(bytes);
  SERVAL_ASSERT(again);
  SERVAL_ASSERT(*again == *record);
}

/// The input as the first record of a journal whose hash was made to fit, as
/// nothing but a bug of an older version could.
void check_chain(std::string_view input) {
  record_chain chain{"a"};
  auto entry = chain.follow(sha256_hex(input) + std::string{input});
  if (!entry)
    return;
  SERVAL_ASSERT(chain.last().value == 1);
  record_chain again{"a"};
  auto snapshot = chain.snapshot({*entry});
  auto kept = again.start_from(snapshot);
  SERVAL_ASSERT(kept);
  SERVAL_ASSERT(kept->size() == 1 && kept->front() == *entry);
  SERVAL_ASSERT(again.snapshot(*kept) == snapshot);
}

void check_snapshot(std::string_view input) {
  record_chain chain{"a"};
  if (auto kept = chain.start_from(sha256_hex(input) + std::string{input})) {
    record_chain again{"a"};
    SERVAL_ASSERT(again.start_from(chain.snapshot(*kept)));
    SERVAL_ASSERT(again.last() == chain.last());
  }
  // With a hash that does not fit, nothing is ever read.
  if (input.size() >= 64)
    SERVAL_ASSERT(!record_chain{"a"}.start_from(input)
                  || sha256_hex(input.substr(64)) == input.substr(0, 64));
}

} // namespace

void fuzz_journal_record(std::string_view input) {
  check_record(input);
  check_chain(input);
  check_snapshot(input);
}

} // namespace serval
