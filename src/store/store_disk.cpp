#include "store/store_disk.hpp"

#include "store/durable_directory.hpp"

#include <cerrno>
#include <limits>

#include <sys/statvfs.h>
#include <unistd.h>

namespace serval {

bool store_disk::write(int fd, std::string_view bytes, std::uint64_t at) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    auto n = ::pwrite(fd, bytes.data() + done, bytes.size() - done,
                      static_cast<off_t>(at + done));
    if (n < 0 && errno != EINTR)
      return false;
    if (n > 0)
      done += static_cast<std::size_t>(n);
  }
  return true;
}

bool store_disk::sync(int fd) {
  return ::fdatasync(fd) == 0;
}

result<void>
store_disk::sync_names(const std::filesystem::path& directory) {
  return sync_directory(directory);
}

std::uint64_t
store_disk::free_bytes(const std::filesystem::path& directory) {
  struct statvfs disk {};
  if (::statvfs(directory.c_str(), &disk) != 0)
    return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

store_disk& store_disk::system() {
  static store_disk disk;
  return disk;
}

} // namespace serval
