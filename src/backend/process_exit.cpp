#include "backend/process_exit.hpp"

#include <csignal>
#include <cstring>

namespace serval {

bool is_own_doing(const process_exit& how) noexcept {
  if (!how.by_signal)
    return true;
  switch (how.number) {
    case SIGKILL:
    case SIGTERM:
    case SIGINT:
    case SIGHUP:
    case SIGQUIT:
      return false;
    default:
      return true;
  }
}

std::string describe(const process_exit& how) {
  if (!how.by_signal)
    return "exited with " + std::to_string(how.number);
  if (const char* name = ::sigabbrev_np(how.number))
    return std::string{"was killed by SIG"} + name;
  return "was killed by signal " + std::to_string(how.number);
}

} // namespace serval
