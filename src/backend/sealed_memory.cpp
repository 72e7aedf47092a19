#include "backend/sealed_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace serval {

namespace {

/// MFD_EXEC of Linux 6.3, which older headers do not know. Without it such a
/// kernel may be set to make memory that is not executable.
constexpr unsigned executable = 0x10;

} // namespace

sealed_memory::sealed_memory(const char* name) {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  fd.reset(::memfd_create(name, flags | executable));
  if (!fd && errno == EINVAL)
    fd.reset(::memfd_create(name, flags));
}

bool sealed_memory::append(std::string_view bytes) {
  while (!bytes.empty()) {
    auto written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool sealed_memory::seal() {
  return ::fcntl(fd.get(), F_ADD_SEALS,
                 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
           == 0
         && ::lseek(fd.get(), 0, SEEK_SET) == 0;
}

} // namespace serval
