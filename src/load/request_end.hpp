#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace serval {

/// How a request ended: an HTTP status, or, below 100, what went wrong on the
/// way.
enum class request_end : std::uint16_t {
  timed_out = 1,    ///< No answer within the time that was given.
  not_connected,    ///< The target took no connection.
  connection_lost,  ///< The connection ended before the answer.
  malformed_answer, ///< What came back was no answer.
  unfinished,       ///< Still under way when the run was over.
  wrong_answer,     ///< A good answer, but not the one to this request.
};

inline constexpr std::size_t request_end_count = 600;

constexpr request_end end_of_status(int status) noexcept {
  return status >= 100 && status < static_cast<int>(request_end_count)
           ? request_end{static_cast<std::uint16_t>(status)}
           : request_end::malformed_answer;
}

constexpr bool is_ok(request_end end) noexcept {
  auto status = static_cast<int>(end);
  return status >= 200 && status < 400;
}

/// Whether a client may hope for more from another attempt.
constexpr bool is_worth_another_attempt(request_end end) noexcept {
  auto status = static_cast<int>(end);
  return end == request_end::timed_out || end == request_end::not_connected
         || end == request_end::connection_lost || status == 429
         || (status >= 502 && status <= 504);
}

/// "200", or a word such as "timed_out".
inline std::string to_string(request_end end) {
  switch (end) {
    case request_end::timed_out:
      return "timed_out";
    case request_end::not_connected:
      return "not_connected";
    case request_end::connection_lost:
      return "connection_lost";
    case request_end::malformed_answer:
      return "malformed_answer";
    case request_end::unfinished:
      return "unfinished";
    case request_end::wrong_answer:
      return "wrong_answer";
  }
  return std::to_string(static_cast<int>(end));
}

/// One request of a run. Times count from the run's beginning.
struct request_record {
  std::uint64_t id = 0;
  /// When it should have been sent; latency counts from here.
  duration intended{};
  duration sent{};
  duration done{};
  request_end end = request_end::unfinished;
  std::uint64_t bytes = 0;
  /// Who worked on it, if the answer says so.
  std::string_view worker = {};
  /// How often it was sent before.
  std::uint32_t attempt = 0;
  /// Which body of the mix it had, from 0. None if it was never sent.
  std::optional<std::uint32_t> body = {};
};

} // namespace serval
