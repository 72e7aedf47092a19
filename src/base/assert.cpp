#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace serval {

namespace {

thread_local bool throws = false;

} // namespace

assertions_throw::assertions_throw() noexcept
  : before_(std::exchange(throws, true)) {
  // nop
}

assertions_throw::~assertions_throw() {
  throws = before_;
}

void assertion_failed(const char* condition, const char* file, int line) {
  if (throws)
    throw broken_assumption{std::string{"broken assumption at "} + file + ":"
                            + std::to_string(line) + ": " + condition};
  std::fprintf(stderr, "serval: broken assumption at %s:%d: %s\n", file, line,
               condition);
  std::fflush(stderr);
  std::abort();
}

} // namespace serval
