#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <string>

namespace serval {

enum class priority : std::uint8_t {
  high,
  low,
};

/// What all calls of one request's tree share.
struct request_context {
  /// The client's `x-request-id`, or one that the proxy made.
  std::string request_id;
  /// The W3C `traceparent` value, passed through as it came; may be empty.
  std::string trace_parent;
  time_point deadline;
  serval::priority priority = priority::high;
};

/// An external request for one application, as an ingress hands it to the
/// application's trigger. Ingresses: HTTP and RPC.
struct external_request {
  std::string body;
  request_context context;
};

/// A call's depth is the number of calls above it: 0 for the entry backend's.
/// Nested calls beyond this depth are refused, so that a cycle ends.
inline constexpr std::uint32_t max_depth = 16;

} // namespace serval
