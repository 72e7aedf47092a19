#pragma once

#include "base/errc.hpp"
#include "model/ids.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace serval {

/// As HTTP says it.
using retry_seconds = std::chrono::duration<std::uint16_t>;

/// How one call ended. Either `code` is empty and `body` is the answer, or
/// `code` says what went wrong and `body` is what is known about it. A rejected
/// call's body is meant for the client, any other failure's for the operator.
struct outcome {
  std::optional<errc> code;
  std::string body;
  /// 400…499 if `code` is `errc::rejected`, else 0.
  std::uint16_t reject_status = 0;
  /// Whether user code may have started on the call before it failed.
  bool maybe_executed = false;
  /// When a client that was shed may try again; 0 if that is not known.
  retry_seconds retry_after{0};
  /// Who answered, if a worker did. No part of what was answered.
  worker_id worker = {};

  bool ok() const noexcept {
    return !code;
  }

  static outcome success(std::string body) {
    return {std::nullopt, std::move(body), 0, true};
  }

  static outcome failure(errc code, std::string detail,
                         bool maybe_executed = false) {
    return {code, std::move(detail), 0, maybe_executed};
  }

  static outcome reject(std::uint16_t status, std::string message) {
    return {errc::rejected, std::move(message), status, true};
  }

  friend bool operator==(const outcome& a, const outcome& b) {
    return a.code == b.code && a.body == b.body
           && a.reject_status == b.reject_status
           && a.maybe_executed == b.maybe_executed
           && a.retry_after == b.retry_after;
  }
};

} // namespace serval
