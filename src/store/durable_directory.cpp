#include "store/durable_directory.hpp"

#include "base/unique_fd.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace serval {

namespace {

error directory_error(std::string_view attempt,
                      const std::filesystem::path& directory,
                      const std::string& cause) {
  return {errc::store_failed,
          std::string{attempt} + " the directory " + directory.string() + ": "
            + cause + "; the daemon's user must be able to write there"};
}

/// Copies one file and syncs the copy. It is the owner's alone.
result<void> copy_one(const std::filesystem::path& from,
                      const std::filesystem::path& to) {
  std::error_code code;
  if (!std::filesystem::copy_file(from, to, code))
    return error{errc::store_failed,
                 "cannot copy " + from.string() + " to " + to.string() + ": "
                   + code.message()};
  ::chmod(to.c_str(), 0600);
  unique_fd fd{::open(to.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd || ::fsync(fd.get()) != 0)
    return error{errc::store_failed, "cannot sync " + to.string() + ": "
                                       + std::strerror(errno)};
  return {};
}

} // namespace

result<void> make_durable_directory(const std::filesystem::path& directory) {
  std::error_code code;
  auto whole = std::filesystem::absolute(directory, code).lexically_normal();
  std::filesystem::path made;
  for (const auto& name : whole) {
    auto above = made;
    made /= name;
    if (name.empty() || !std::filesystem::create_directory(made, code)) {
      if (code)
        return directory_error("cannot create", made, code.message());
      continue;
    }
    if (auto fine = sync_directory(above); !fine)
      return fine;
  }
  return {};
}

result<void> sync_directory(const std::filesystem::path& directory) {
  auto fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  auto fine = fd >= 0 && ::fsync(fd) == 0;
  auto cause = std::strerror(errno);
  if (fd >= 0)
    ::close(fd);
  if (fine)
    return {};
  return directory_error("cannot sync", directory, cause);
}

result<void> copy_directory(const std::filesystem::path& from,
                            const std::filesystem::path& to) {
  if (auto made = make_durable_directory(to); !made)
    return made;
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator{from, code})
    if (entry.is_regular_file(code))
      if (auto fine = copy_one(entry.path(), to / entry.path().filename());
          !fine)
        return fine;
  if (code)
    return error{errc::store_failed, "cannot read the directory "
                                       + from.string() + ": "
                                       + code.message()};
  return sync_directory(to);
}

} // namespace serval
