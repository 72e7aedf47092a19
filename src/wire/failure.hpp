#pragma once

#include "base/errc.hpp"
#include "common_generated.h"

#include <optional>

namespace serval {

// `errc` as the wire knows it. Inside src/wire only.

inline fbs::Failure to_failure(std::optional<errc> code) noexcept {
  if (!code)
    return fbs::Failure::none;
  return static_cast<fbs::Failure>(static_cast<int>(*code) + 1);
}

/// False if `failure` is no known value.
inline bool from_failure(fbs::Failure failure,
                         std::optional<errc>& code) noexcept {
  auto number = static_cast<int>(failure);
  if (number > errc_count)
    return false;
  code = number == 0 ? std::nullopt
                     : std::optional{static_cast<errc>(number - 1)};
  return true;
}

} // namespace serval
