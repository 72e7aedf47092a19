#include "base/defect.hpp"

#include <signal.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

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

void fail_point(std::string_view name) {
  static const char* folder = std::getenv("SERVAL_FAIL_POINTS");
  if (folder == nullptr)
    return;
  auto file = std::string{folder} + "/" + std::string{name};
  int left = 0;
  if (!(std::ifstream{file} >> left) || left <= 0)
    return;
  std::ofstream{file} << left - 1;
  throw std::runtime_error{"it was told to fail at " + std::string{name}};
}

} // namespace serval
