#pragma once

#include <cstdint>
#include <string_view>

namespace serval {

/// Every way in which an operation can fail. Code branches on the class of an
/// error (`error_class_of`), never on lists of codes.
enum class errc : std::uint8_t {
  bad_request,
  unauthorized,
  not_found,
  method_not_allowed,
  request_timeout,
  conflict,
  body_too_large,
  target_too_long,
  unsupported_media,
  headers_too_large,
  client_gone,
  rejected,
  user_error,
  internal,
  worker_died,
  link_lost,
  overload,
  no_worker,
  unavailable,
  deadline_exceeded,
  cancelled,
  store_failed,
  stale_epoch,
  corrupt,
  bad_plugin,
  poison,
};

/// How many codes there are; they run from 0 to this number.
inline constexpr int errc_count = static_cast<int>(errc::poison) + 1;

/// What a caller can do about an error.
enum class error_class : std::uint8_t {
  permanent, ///< The same request will fail again.
  retryable, ///< Another attempt may succeed at once, elsewhere.
  overload,  ///< Another attempt may succeed later.
  deadline,  ///< Time or interest ran out.
};

/// The one table of what a code means.
struct errc_info {
  errc code;
  std::string_view name; ///< As it appears in logs, metrics and JSON.
  error_class kind;
  int http_status;
  std::string_view sentence; ///< What a client may be told.
};

const errc_info& info(errc code) noexcept;

inline std::string_view to_string(errc code) noexcept {
  return info(code).name;
}

inline error_class error_class_of(errc code) noexcept {
  return info(code).kind;
}

inline int http_status_of(errc code) noexcept {
  return info(code).http_status;
}

} // namespace serval
