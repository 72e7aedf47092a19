#include "base/defect.hpp"

#include <signal.h>

#include <atomic>
#include <charconv>
#include <cstdlib>

namespace serval {

bool defect(std::string_view name) {
  static const char* chosen = std::getenv("SERVAL_DEFECT");
  return chosen != nullptr && name == chosen;
}

void kill_point(std::string_view name) {
  static const char* chosen = std::getenv("SERVAL_KILL_POINT");
  if (chosen == nullptr)
    return;
  std::string_view order = chosen;
  auto colon = order.find(':');
  if (colon == std::string_view::npos || order.substr(0, colon) != name)
    return;
  static std::atomic<int> passed = 0;
  int times = 0;
  std::from_chars(order.data() + colon + 1, order.data() + order.size(), times);
  if (++passed == times)
    ::raise(SIGKILL);
}

} // namespace serval
