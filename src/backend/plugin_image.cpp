#include "backend/plugin_image.hpp"

#include "backend/sealed_memory.hpp"
#include "base/sha256.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace serval {

namespace {

constexpr std::size_t part_size = 1 << 20;

error system_error(const std::string& attempted) {
  return {errc::unavailable, attempted + ": " + std::strerror(errno)};
}

/// Copies all of `from` and returns the hash of what was copied.
result<std::string> copy_hashed(int from, sealed_memory& to,
                                const std::string& path) {
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
    std::string_view bytes{part.data(), static_cast<std::size_t>(size)};
    hasher.update(bytes);
    if (!to.append(bytes))
      return system_error("cannot copy plugin " + path + " into memory");
  }
}

} // namespace

result<plugin_image> plugin_image::load(const std::string& path,
                                        const std::string& sha256) {
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return system_error("cannot open plugin " + path);
  sealed_memory memory{"plugin"};
  if (!memory.fd)
    return system_error("cannot make memory for plugin " + path);
  auto found = copy_hashed(file.get(), memory, path);
  if (!found)
    return found.error();
  if (*found != sha256)
    return error{errc::corrupt, "plugin " + path + " has SHA-256 " + *found
                                  + " but should have " + sha256
                                  + "; deploy the application again"};
  if (!memory.seal())
    return system_error("cannot seal the copy of plugin " + path);
  return plugin_image{std::move(memory.fd)};
}

} // namespace serval
