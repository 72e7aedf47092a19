#include "backend/resident_memory.hpp"

#include <cstdio>

#include <unistd.h>

namespace serval {

std::uint64_t resident_memory() noexcept {
  unsigned long ignored = 0;
  unsigned long pages = 0;
  if (auto* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%lu %lu", &ignored, &pages) != 2)
      pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace serval
