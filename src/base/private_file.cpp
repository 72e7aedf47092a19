#include "base/private_file.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace serval {

namespace {

constexpr std::size_t max_bytes = 1 << 20;

/// Permissions that the file must not have.
mode_t forbidden(private_to allowed) noexcept {
  switch (allowed) {
    case private_to::owner:
      return S_IRWXG | S_IRWXO;
    case private_to::group:
      return S_IWGRP | S_IRWXO;
    case private_to::none:
      break;
  }
  return 0;
}

} // namespace

result<std::string> read_private_file(const std::string& path,
                                      private_to allowed,
                                      const std::string& what) {
  auto cannot = [&](errc code, const std::string& why) {
    return error{code, "cannot use " + what + " " + path + ": " + why};
  };
  // A FIFO would be waited for.
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file)
    return cannot(errc::not_found, std::strerror(errno));
  // The very file that is read is looked at, not one of the same name.
  struct stat about {};
  if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode))
    return cannot(errc::bad_request, "it is no regular file");
  if ((about.st_mode & forbidden(allowed)) != 0)
    return cannot(errc::unauthorized,
                  std::string{"others can read or change it; run `chmod "}
                    + (allowed == private_to::owner ? "600 " : "640 ") + path
                    + "`");
  std::string bytes;
  std::array<char, 16 * 1024> part{};
  while (true) {
    auto count = ::read(file.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return cannot(errc::internal, std::strerror(errno));
    if (count == 0)
      return bytes;
    bytes.append(part.data(), static_cast<std::size_t>(count));
    if (bytes.size() > max_bytes)
      return cannot(errc::body_too_large, "it is larger than 1 MiB");
  }
}

} // namespace serval
