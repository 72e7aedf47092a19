#include "store/log_scan.hpp"

#include <boost/crc.hpp>
#include <doctest/doctest.h>

using namespace serval;

namespace {

/// A record as RocksDB writes it; kind 1 is a whole one.
std::string record(std::string_view payload, char kind = 1) {
  auto body = kind + std::string{payload};
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> sum;
  sum.process_bytes(body.data(), body.size());
  std::uint32_t plain = sum.checksum();
  auto masked = ((plain >> 15) | (plain << 17)) + 0xa282ead8u;
  std::string out;
  for (int shift = 0; shift < 32; shift += 8)
    out += static_cast<char>(masked >> shift);
  out += static_cast<char>(payload.size());
  out += static_cast<char>(payload.size() >> 8);
  return out + body;
}

} // namespace

TEST_CASE("records, empty space behind them and block ends are whole") {
  CHECK_FALSE(find_log_damage(""));
  CHECK_FALSE(find_log_damage(record("one") + record("") + record("two")));
  CHECK_FALSE(find_log_damage(record("one") + std::string(100'000, '\0')));
  auto full = record(std::string(32768 - 7 - 4, 'x')) + std::string(4, '\0');
  CHECK_FALSE(find_log_damage(full + record("next block")));
}

TEST_CASE("the first damage is told by its record's offset") {
  auto first = record("first");
  auto log = first + record("second") + record("third");
  for (std::size_t at = first.size(); at < first.size() + 13; ++at) {
    CAPTURE(at);
    auto damaged = log;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    auto found = find_log_damage(damaged);
    REQUIRE(found);
    CHECK(found->offset == first.size());
  }
}

TEST_CASE("a log that ends inside a record is told from one that ends after") {
  auto log = record("first") + record("second");
  auto first = record("first").size();
  for (std::size_t size = first + 1; size < log.size(); ++size) {
    auto found = find_log_damage(std::string_view{log}.substr(0, size));
    REQUIRE(found);
    CHECK(found->offset == first);
    CHECK(found->why == "it ends inside a record");
  }
  CHECK_FALSE(find_log_damage(std::string_view{log}.substr(0, first)));
}

TEST_CASE("a hole of zeros and bytes at a block's end are damage") {
  auto hole = record("first") + std::string(40, '\0') + record("second");
  CHECK(find_log_damage(hole)->offset == record("first").size());
  auto full = record(std::string(32768 - 7 - 4, 'x')) + "junk";
  CHECK(find_log_damage(full)->offset == 32764);
}
