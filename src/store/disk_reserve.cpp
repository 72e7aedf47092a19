#include "store/disk_reserve.hpp"

#include "base/unique_fd.hpp"

#include <algorithm>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace serval {

disk_reserve::disk_reserve(std::filesystem::path file, std::uint64_t bytes)
  : file_(std::move(file)), bytes_(bytes) {
  if (bytes_ == 0)
    return;
  std::error_code code;
  auto size = std::filesystem::file_size(file_, code);
  held_ = code ? 0 : std::min<std::uint64_t>(size, bytes_);
}

void disk_reserve::take(std::uint64_t free_bytes,
                        std::uint64_t beside) noexcept {
  if (missing() == 0 || free_bytes < missing() + beside)
    return;
  unique_fd file{::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  if (file
      && ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes_)) == 0)
    held_ = bytes_;
  else if (file)
    give_up();
}

bool disk_reserve::give_up() noexcept {
  held_ = 0;
  // What is there has room, whatever it was meant to have.
  return ::unlink(file_.c_str()) == 0;
}

} // namespace serval
