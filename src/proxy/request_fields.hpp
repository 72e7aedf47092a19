#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "model/request.hpp"
#include "proxy/request_head.hpp"

#include <optional>
#include <string>

namespace serval {

inline constexpr std::size_t max_request_id_bytes = 128;
inline constexpr std::size_t max_trace_parent_bytes = 512;

/// What a request's fields mean to Serval. The rest passes unread.
struct request_fields {
  /// `x-request-id`: 1 to 128 visible ASCII characters; empty if absent.
  std::string request_id;
  /// `traceparent`: 1 to 512 visible ASCII characters, passed through as it
  /// came; empty if absent.
  std::string trace_parent;
  /// `x-request-timeout-seconds`: a plain decimal above 0 and up to 86400, such
  /// as "2" or "0.25".
  std::optional<duration> timeout;
  /// `x-request-priority`: "high" or "low".
  serval::priority priority = priority::high;
};

/// Reads them. `bad_request` if one is malformed or comes twice, and
/// `unsupported_media` for a body in a `Content-Encoding`: a plugin gets bodies
/// as they came, and an encoded one would be a riddle to it.
result<request_fields> read_request_fields(const request_head& head);

/// A request id for a client that sent none: 15 characters, 75 random bits.
/// Short, since it is copied along the whole tree of calls.
std::string make_request_id(random_source& random);

} // namespace serval
