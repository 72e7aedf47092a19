#include "store/durable_directory.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
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

} // namespace serval
