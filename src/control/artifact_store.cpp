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

/// Writes all of `bytes` there.
result<void> write_at(const unique_fd& file, std::uint64_t offset,
                      std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    auto written = ::pwrite(file.get(), bytes.data(), bytes.size(),
                            static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return cannot("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::size_t>(written);
  }
  return {};
}

/// Writes a new file that only this user may touch, and waits until the disk
/// has it.
result<void> write_file(const std::string& path, std::string_view bytes) {
  unique_fd file(::open(path.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file)
    return cannot("create", path, errno);
  if (auto written = write_at(file, 0, bytes, path); !written)
    return written;
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

bool artifact_store::use(const std::string& sha256) {
  return has(sha256)
         && ::utimensat(AT_FDCWD, path_of(sha256).c_str(), nullptr, 0) == 0;
}

std::vector<stored_artifact> artifact_store::list() const {
  std::vector<stored_artifact> out;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator{folder_, code}) {
    auto name = entry.path().filename().string();
    auto size = entry.file_size(code);
    auto last_use = entry.last_write_time(code);
    if (!code && is_sha256_hex(name))
      out.push_back({std::move(name), size, last_use});
  }
  return out;
}

bool artifact_store::remove(const std::string& sha256) {
  return ::unlink(path_of(sha256).c_str()) == 0;
}

result<void> artifact_store::put(const std::string& sha256,
                                 std::string_view bytes) {
  if (auto actual = sha256_hex(bytes); actual != sha256)
    return error{errc::bad_request,
                 fmt::format("the body's SHA-256 is {}, not {}; it was changed "
                             "or cut off on its way, send it again",
                             actual, sha256)};
  if (use(sha256))
    return {};
  if (auto made = make_folder(); !made)
    return made;
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

result<void> artifact_store::make_folder() const {
  std::error_code code;
  fs::create_directories(folder_, code);
  if (code)
    return cannot("create", folder_, code.value());
  ::chmod(folder_.c_str(), 0700);
  return {};
}

// -- in parts -----------------------------------------------------------------

std::string artifact_store::part_of(const std::string& sha256) const {
  return path_of(sha256) + ".part";
}

std::uint64_t artifact_store::part_size(const std::string& sha256) const {
  std::error_code code;
  auto size = fs::file_size(part_of(sha256), code);
  return code ? 0 : size;
}

result<void> artifact_store::put_part(const std::string& sha256,
                                      std::uint64_t offset,
                                      std::string_view bytes) {
  if (auto made = make_folder(); !made)
    return made;
  auto path = part_of(sha256);
  unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!file)
    return cannot("open", path, errno);
  if (auto written = write_at(file, offset, bytes, path); !written)
    return written;
  if (::ftruncate(file.get(), static_cast<off_t>(offset + bytes.size())) != 0)
    return cannot("truncate", path, errno);
  return {};
}

result<void> artifact_store::complete(const std::string& sha256) {
  auto part = part_of(sha256);
  auto actual = sha256_hex_of_file(part);
  if (!actual)
    return actual.error();
  if (*actual != sha256) {
    ::unlink(part.c_str());
    return error{errc::corrupt,
                 fmt::format("what came has the SHA-256 {}; it was thrown away",
                             *actual)};
  }
  unique_fd file(::open(part.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0)
    return cannot("sync", part, errno);
  if (::rename(part.c_str(), path_of(sha256).c_str()) != 0)
    return cannot("rename", part, errno);
  return sync_folder(folder_);
}

result<std::uint64_t>
artifact_store::size_of(const std::string& sha256) const {
  std::error_code code;
  auto size = fs::file_size(path_of(sha256), code);
  if (code)
    return error{errc::not_found, "there is no artifact " + sha256};
  return std::uint64_t{size};
}

result<std::string> artifact_store::read_part(const std::string& sha256,
                                              std::uint64_t offset,
                                              std::size_t bytes_max) const {
  auto path = path_of(sha256);
  unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file)
    return error{errc::not_found, "there is no artifact " + sha256};
  std::string bytes(bytes_max, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    auto read = ::pread(file.get(), bytes.data() + size, bytes.size() - size,
                        static_cast<off_t>(offset + size));
    if (read < 0 && errno == EINTR)
      continue;
    if (read < 0)
      return cannot("read", path, errno);
    if (read == 0)
      break;
    size += static_cast<std::size_t>(read);
  }
  bytes.resize(size);
  return bytes;
}

} // namespace serval
