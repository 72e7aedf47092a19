#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <string>

namespace serval {

/// Something that an app_master decided, and on what.
struct decision {
  /// 1, 2, 3… within the application, since its app_master began.
  std::uint64_t number = 0;
  /// How long ago it was last made, when it is told.
  duration age{};
  /// How often it was made about the same thing, as far as is known.
  std::uint32_t times = 1;
  std::string about; ///< Such as "worker bank/3".
  std::string what;  ///< Such as "start it again".
  std::string why;   ///< What it was decided on.
};

} // namespace serval
