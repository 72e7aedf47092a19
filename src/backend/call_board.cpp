#include "backend/call_board.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace serval {

namespace {

/// Null if the kernel has no such memory.
void* map_shared(int fd, std::size_t size) {
  auto* memory
    = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

} // namespace

result<call_board> call_board::make() {
  auto failed = [] {
    return error{errc::unavailable,
                 std::string{"cannot make memory to share with a worker "
                             "process: "}
                   + std::strerror(errno)};
  };
  call_board made;
  made.fd_.reset(
    ::memfd_create("serval-calls", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  // Sealed, since reading beyond what a process cut off would end the daemon.
  if (!made.fd_ || ::ftruncate(made.fd_.get(), sizeof(places)) != 0
      || ::fcntl(made.fd_.get(), F_ADD_SEALS,
                 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
           != 0)
    return failed();
  auto* memory = map_shared(made.fd_.get(), sizeof(places));
  if (memory == nullptr)
    return failed();
  made.places_ = {new (memory) places, [](places* gone) {
                    ::munmap(gone, sizeof(places));
                  }};
  return made;
}

call_board call_board::adopt(int fd) {
  call_board adopted;
  auto sealed = ::fcntl(fd, F_GET_SEALS);
  auto* memory = sealed >= 0 && (sealed & F_SEAL_SHRINK) != 0
                   ? map_shared(fd, sizeof(places))
                   : nullptr;
  if (memory == nullptr) {
    adopted.places_ = std::make_shared<places>();
    return adopted;
  }
  adopted.places_ = {new (memory) places, [](places* gone) {
                       ::munmap(gone, sizeof(places));
                     }};
  return adopted;
}

std::vector<call_id> call_board::calls() const {
  std::vector<call_id> found;
  if (!places_)
    return found;
  for (auto& each : *places_)
    if (auto call = each.call.load(std::memory_order_relaxed))
      found.push_back({call});
  return found;
}

} // namespace serval
