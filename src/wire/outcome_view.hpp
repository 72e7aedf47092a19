#pragma once

#include "model/outcome.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace serval {

/// An `outcome` whose body is borrowed.
struct outcome_view {
  std::optional<errc> code;
  std::uint16_t reject_status = 0;
  bool maybe_executed = false;
  std::string_view body;

  outcome_view() = default;

  explicit outcome_view(const outcome& whole)
    : code(whole.code),
      reject_status(whole.reject_status),
      maybe_executed(whole.maybe_executed),
      body(whole.body) {
    // nop
  }

  bool ok() const noexcept {
    return !code;
  }

  outcome to_outcome() const {
    return {code, std::string{body}, reject_status, maybe_executed};
  }

  friend bool operator==(const outcome_view&, const outcome_view&) = default;
};

} // namespace serval
