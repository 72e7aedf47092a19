#include "control/artifact_store.hpp"

#include "base/sha256.hpp"
#include "base/unique_fd.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>

namespace serval {

namespace {

namespace fs = std::filesystem;

error cannot(std::string_view what, const std::string& path, int code) {
  return {errc::internal,
          fmt::format("cannot {} {}: {}", what, path, std::strerror(code))};
}

/// Writes a new file that only this user may touch, and waits until the disk
/// has it.
result<void> write_file(const std::string& path, std::string_view bytes) {
  unique_fd file(::open(path.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file)
    return cannot("create", path, errno);
  while (!bytes.empty()) {
    auto written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return cannot("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0)
    return cannot("sync", path, errno);
  return {};
}

/// Makes a rename in the folder durable.
result<void> sync_folder(const std::string& path) {
  unique_fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0)
    return cannot("sync", path, errno);
  return {};
}

/// Two uploads of the same bytes at once must not write one file.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter;
  return fmt::format("{}.{}.{}.part", path, ::getpid(), ++counter);
}

} // namespace

artifact_store::artifact_store(std::string folder)
  : folder_(std::move(folder)) {
  // nop
}

std::string artifact_store::path_of(const std::string& sha256) const {
  SERVAL_ASSERT(is_sha256_hex(sha256));
  return folder_ + "/" + sha256;
}

bool artifact_store::has(const std::string& sha256) const {
  struct stat info {};
  return ::stat(path_of(sha256).c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

result<void> artifact_store::put(const std::string& sha256,
                                 std::string_view bytes) {
  if (auto actual = sha256_hex(bytes); actual != sha256)
    return error{errc::bad_request,
                 fmt::format("the body's SHA-256 is {}, not {}; it was changed "
                             "or cut off on its way, send it again",
                             actual, sha256)};
  if (has(sha256))
    return {};
  std::error_code code;
  fs::create_directories(folder_, code);
  if (code)
    return cannot("create", folder_, code.value());
  ::chmod(folder_.c_str(), 0700);
  auto path = path_of(sha256);
  auto part = temporary_name(path);
  auto written = write_file(part, bytes);
  if (written && ::rename(part.c_str(), path.c_str()) != 0)
    written = cannot("rename", part, errno);
  if (!written) {
    ::unlink(part.c_str());
    return written;
  }
  return sync_folder(folder_);
}

} // namespace serval
