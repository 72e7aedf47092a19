#pragma once

#include "base/time.hpp"
#include "proxy/request_head.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// A complete request.
struct http_request {
  request_head head;
  /// Without any transfer coding.
  std::string body;
  /// When its last byte came.
  time_point received_at;
};

struct response_field {
  std::string_view name; ///< A literal.
  std::string value;
};

/// An answer. The server adds Date, Content-Length and Connection.
struct http_response {
  int status = 200; ///< 200…599.
  /// A literal; empty for none.
  std::string_view content_type;
  /// Becomes `x-request-id`, unless it is empty.
  std::string request_id;
  std::vector<response_field> fields;
  /// Not sent in answer to HEAD nor with 204 and 304.
  std::string body;
};

} // namespace serval
