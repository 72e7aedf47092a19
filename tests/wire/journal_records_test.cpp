// Goal: what was journaled once can be read for ever, and nothing else can.
// Method: round trips, files written by earlier versions, damage everywhere.
#include "wire/journal_records.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

using namespace serval;

namespace {

/// One entry per kind of change. Never edit: the files under tests/golden hold
/// these values. A new kind of change gets a row of its own.
std::vector<journal_entry> golden_entries() {
  auto make = [](std::uint64_t number, change_kind what) {
    change_cause cause{"op-" + std::to_string(number), "maria", "because"};
    return journal_entry{{number},
                         {7},
                         wall_time{std::chrono::seconds{1'700'000'000}},
                         {cause, std::move(what)}};
  };
  return {
    make(1, release_deployed{{1}, R"({"name":"bank_monitor"})", "c0ffee"}),
    make(2, release_promoted{{1}}),
    make(3, release_failed{{2}, "bank: threw in construction"}),
    make(4, workers_scaled{{1}, "indicator", 64}),
    make(5, application_deleted{}),
    make(6, nothing_changed{"scale indicator=64"}),
    make(7, orphans_adopted{{9}}),
    make(8, orphans_discarded{{9}}),
  };
}

/// The first format that had this kind of change.
int format_of(const journal_entry& entry) {
  return entry.number.value <= 5 ? 1 : 2;
}

std::string golden_path(const journal_entry& entry) {
  return std::string{GOLDEN_FOLDER} + "/journal_v"
         + std::to_string(format_of(entry)) + "_"
         + std::string{name_of(entry.change.what)} + ".bin";
}

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("every kind of change survives being written and read") {
  for (const auto& entry : golden_entries()) {
    CAPTURE(name_of(entry.change.what));
    auto read
      = decode_journal_record(encode_journal_record("bank_monitor", entry));
    REQUIRE(read);
    CHECK(*read == journal_record{"bank_monitor", entry});
    CHECK(format_of(entry.change.what) == format_of(entry));
  }
}

TEST_CASE("records of all formats stay readable, and are written the same") {
  // Set once, by whoever adds a kind of change.
  auto* write = std::getenv("SERVAL_WRITE_GOLDEN");
  for (const auto& entry : golden_entries()) {
    auto path = golden_path(entry);
    CAPTURE(path);
    if (write && read_file(path).empty())
      std::ofstream{path, std::ios::binary}
        << encode_journal_record("bank_monitor", entry);
    auto read = decode_journal_record(read_file(path));
    REQUIRE(read);
    CHECK(*read == journal_record{"bank_monitor", entry});
    // So a version that knows no newer format reads what this one writes.
    CHECK(encode_journal_record("bank_monitor", entry) == read_file(path));
  }
  CHECK(golden_entries().size() == std::variant_size_v<change_kind>);
}

TEST_CASE("a damaged record is refused or read, never crashes") {
  for (const auto& entry : golden_entries()) {
    auto bytes = encode_journal_record("bank_monitor", entry);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      (void) decode_journal_record(bytes.substr(0, size));
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (auto bit : {0x01, 0x10, 0x80, 0xff}) {
        auto damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ bit);
        if (auto read = decode_journal_record(damaged); !read)
          CHECK(read.error().code != errc::internal);
      }
  }
}

TEST_CASE("bytes that are no record are refused") {
  for (const auto* text : {"", "x", "SVJR", "0123456789abcdef0123456789abcdef"})
    CHECK(decode_journal_record(text).error().code == errc::corrupt);
}

TEST_CASE("a record of a newer format is refused with advice") {
  auto bytes = encode_journal_record("app", golden_entries().front());
  // The format is the only field with this value and a size of two bytes;
  // flipping each byte in turn finds it without knowing where it lies.
  auto refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto newer = bytes;
    newer[at] = static_cast<char>(newer[at] ^ 2);
    auto read = decode_journal_record(newer);
    if (!read && read.error().code == errc::unavailable) {
      ++refused;
      CHECK(read.error().message.find("newer version") != std::string::npos);
    }
  }
  CHECK(refused >= 1);
}
