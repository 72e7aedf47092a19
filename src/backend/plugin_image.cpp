#include "backend/plugin_image.hpp"

#include "base/sha256.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace serval {

namespace {

constexpr std::size_t part_size = 1 << 20;

error system_error(const std::string& attempted) {
  return {errc::unavailable, attempted + ": " + std::strerror(errno)};
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    auto written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

/// Copies all of `from` and returns the hash of what was copied.
result<std::string> copy_hashed(int from, int to, const std::string& path) {
  sha256_hasher hasher;
  std::vector<char> part(part_size);
  for (;;) {
    auto size = ::read(from, part.data(), part.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      return system_error("cannot read plugin " + path);
    if (size == 0)
      return hasher.hex();
    auto count = static_cast<std::size_t>(size);
    hasher.update({part.data(), count});
    if (!write_all(to, part.data(), count))
      return system_error("cannot copy plugin " + path + " into memory");
  }
}

} // namespace

result<plugin_image> plugin_image::load(const std::string& path,
                                        const std::string& sha256) {
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return system_error("cannot open plugin " + path);
  unique_fd memory{::memfd_create("plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!memory)
    return system_error("cannot make memory for plugin " + path);
  auto found = copy_hashed(file.get(), memory.get(), path);
  if (!found)
    return found.error();
  if (*found != sha256)
    return error{errc::corrupt, "plugin " + path + " has SHA-256 " + *found
                                  + " but should have " + sha256
                                  + "; deploy the application again"};
  if (::fcntl(memory.get(), F_ADD_SEALS,
              F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
      != 0)
    return system_error("cannot seal the copy of plugin " + path);
  ::lseek(memory.get(), 0, SEEK_SET);
  return plugin_image{std::move(memory)};
}

} // namespace serval
