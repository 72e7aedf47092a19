#include "backend/process_memory.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

namespace serval {

std::uint64_t resident_bytes(pid_t process) {
  auto path = "/proc/" + std::to_string(process) + "/statm";
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return 0;
  std::array<char, 128> text{};
  if (::read(file.get(), text.data(), text.size() - 1) <= 0)
    return 0;
  unsigned long all = 0;
  unsigned long resident = 0;
  if (std::sscanf(text.data(), "%lu %lu", &all, &resident) != 2)
    return 0;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace serval
