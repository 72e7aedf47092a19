#pragma once

#include "base/time.hpp"
#include "proxy/http_message.hpp"

#include <string>
#include <string_view>

namespace serval {

/// What the connection, not the handler, knows about a response.
struct response_framing {
  /// The complete Date line; see `date_field`.
  std::string_view date_field;
  bool to_head = false; ///< The request was HEAD.
  bool close = false;   ///< The connection closes after this response.
  /// The client speaks HTTP/1.0 and must be told that the connection stays.
  bool say_keep_alive = false;
};

/// Whether the response can be sent without misleading the client: a final
/// status, and no bytes in its fields that could end a line.
bool is_sendable(const http_response& response) noexcept;

/// Whether the response's body is sent at all.
bool has_body(const http_response& response,
              const response_framing& framing) noexcept;

/// Appends status line and fields, up to the empty line that ends them.
/// REQUIRES: is_sendable(response)
void append_head(const http_response& response,
                 const response_framing& framing, std::string& out);

/// `Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n` (RFC 9110, 5.6.7).
std::string date_field(wall_time now);

} // namespace serval
