#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace serval {

void assertion_failed(const char* condition, const char* file,
                      int line) noexcept {
  std::fprintf(stderr, "serval: broken assumption at %s:%d: %s\n", file, line,
               condition);
  std::fflush(stderr);
  std::abort();
}

} // namespace serval
