#include "node/kept_orders.hpp"

#include "base/sha256.hpp"
#include "base/unique_fd.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <unistd.h>

namespace serval {

namespace {

namespace fs = std::filesystem;

// The SHA-256 of all that follows, in hex, then each message: its length in
// eight bytes, and itself, filled up with zeros to a multiple of eight.
constexpr std::size_t hash_bytes = 64;

std::size_t padded(std::size_t size) {
  return (size + 7) / 8 * 8;
}

std::string encode(const std::vector<cluster_message>& orders) {
  std::string out;
  for (const auto& each : orders) {
    auto bytes = encode_cluster_message(each);
    std::uint64_t size = bytes.size();
    out.append(reinterpret_cast<const char*>(&size), sizeof(size));
    bytes.resize(padded(bytes.size()));
    out += bytes;
  }
  return sha256_hex(out) + out;
}

error damaged(const std::string& path) {
  return {errc::corrupt, path + " is not as it was written"};
}

} // namespace

result<void> write_kept_orders(const std::string& path,
                               const std::vector<cluster_message>& orders) {
  auto next = path + ".next";
  std::ofstream file{next, std::ios::binary | std::ios::trunc};
  file << encode(orders);
  file.close();
  std::error_code failed;
  unique_fd written{::open(next.c_str(), O_RDONLY | O_CLOEXEC)};
  bool on_disk = file && written && ::fsync(written.get()) == 0;
  if (on_disk)
    fs::rename(next, path, failed);
  if (!on_disk || failed)
    return error{errc::internal, "cannot write " + path};
  return {};
}

result<std::vector<cluster_message>> read_kept_orders(const std::string& path) {
  std::vector<cluster_message> orders;
  std::ifstream file{path, std::ios::binary};
  if (!file)
    return orders;
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (text.size() < hash_bytes
      || sha256_hex(std::string_view{text}.substr(hash_bytes))
           != text.substr(0, hash_bytes))
    return damaged(path);
  // Messages are read where they lie, at multiples of eight.
  std::vector<std::uint64_t> words((text.size() - hash_bytes) / 8);
  std::memcpy(words.data(), text.data() + hash_bytes, words.size() * 8);
  for (std::size_t at = 0; at < words.size();) {
    auto size = words[at++];
    auto left = (words.size() - at) * 8;
    if (size > left)
      return damaged(path);
    auto message = decode_cluster_message(
      {reinterpret_cast<const std::byte*>(words.data() + at),
       static_cast<std::size_t>(size)});
    if (!message)
      return damaged(path);
    orders.push_back(std::move(*message));
    at += padded(size) / 8;
  }
  return orders;
}

} // namespace serval
