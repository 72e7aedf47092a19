#include "backend/process_exit.hpp"

#include <cstring>

namespace serval {

std::string describe(const process_exit& how) {
  if (!how.by_signal)
    return "exited with " + std::to_string(how.number);
  if (const char* name = ::sigabbrev_np(how.number))
    return std::string{"was killed by SIG"} + name;
  return "was killed by signal " + std::to_string(how.number);
}

} // namespace serval
