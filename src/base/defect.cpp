#include "base/defect.hpp"

#include <cstdlib>

namespace serval {

bool defect(std::string_view name) {
  static const char* chosen = std::getenv("SERVAL_DEFECT");
  return chosen != nullptr && name == chosen;
}

} // namespace serval
