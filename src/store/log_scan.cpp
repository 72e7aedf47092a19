#include "store/log_scan.hpp"

#include <boost/crc.hpp>

namespace serval {

namespace {

// Records lie in blocks and do not cross their ends; what is too short for a
// header at the end of a block is zero.
constexpr std::size_t block_size = 32768;
constexpr std::size_t header_size = 7;
constexpr std::size_t type_at = 6;
constexpr unsigned char last_type = 4;

using crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true,
                                  true>;

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// RocksDB stores checksums rotated, so that one of bytes that hold one is as
/// good.
std::uint32_t masked(std::uint32_t sum) {
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8;
}

bool is_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

} // namespace

std::optional<damaged_place> find_log_damage(std::string_view bytes) {
  auto damaged = [](std::size_t at, std::string why) {
    return damaged_place{at, std::move(why)};
  };
  std::size_t at = 0;
  while (at < bytes.size()) {
    auto left = block_size - at % block_size;
    auto rest = bytes.substr(at);
    if (left < header_size) {
      if (!is_zero(rest.substr(0, left)))
        return damaged(at, "the end of a block is not zero");
      at += left;
      continue;
    }
    if (rest.size() < header_size)
      return damaged(at, "it ends inside a record");
    auto length = little_endian(rest.substr(4, 2));
    auto type = static_cast<unsigned char>(rest[type_at]);
    if (type == 0 && length == 0 && is_zero(rest.substr(0, header_size))) {
      if (is_zero(rest))
        return std::nullopt; // Space that was taken ahead.
      return damaged(at, "a record is missing");
    }
    if (type == 0 || type > last_type)
      return damaged(at, "there is no such kind of record");
    if (header_size + length > left)
      return damaged(at, "a record is longer than its block");
    if (header_size + length > rest.size())
      return damaged(at, "it ends inside a record");
    crc32c sum;
    sum.process_bytes(rest.data() + type_at, 1 + length);
    if (masked(sum.checksum()) != little_endian(rest.substr(0, 4)))
      return damaged(at, "a record's checksum does not fit");
    at += header_size + length;
  }
  return std::nullopt;
}

} // namespace serval
