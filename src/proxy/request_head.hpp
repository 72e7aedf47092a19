#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// How large a request's head may be.
struct head_limits {
  /// Request line and fields together, with their line ends.
  std::size_t head_bytes = 32 * 1024;
  std::size_t target_bytes = 8 * 1024;
  std::size_t fields = 100;
  /// Name and value of one field together.
  std::size_t field_bytes = 8 * 1024;
  std::size_t name_bytes = 256;
};

/// Why a request is not accepted. The connection closes after the answer, since
/// nobody knows any more where the next request would begin.
struct refusal {
  int status = 400;
  /// A literal that the client may see; quotes nothing of the request.
  std::string_view reason;
};

struct header_field {
  std::string_view name;
  std::string_view value; ///< Without the blanks around it.
};

/// What the gate found in a head that it accepted. The views point into the
/// bytes that were given to it, `path` possibly into `decoded_path`.
struct request_head {
  request_head() = default;
  request_head(const request_head&) = delete;
  request_head& operator=(const request_head&) = delete;

  std::string_view method;
  /// As it came; origin-form, absolute-form or "*".
  std::string_view target;
  /// The percent-decoded path without query; begins with "/", has no empty or
  /// dot segments, or is "*".
  std::string_view path;
  /// What follows the "?", as it came.
  std::string_view query;
  std::string_view host;
  int minor_version = 1; ///< HTTP/1.0 or HTTP/1.1.
  std::vector<header_field> fields;
  /// Absent if the head names none; then there is no body unless `chunked`.
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  /// Whether the client lets the connection go on after the answer.
  bool keep_alive = true;
  /// Whether the client waits for `100 Continue` before it sends the body.
  bool expect_continue = false;

  std::string decoded_path;

  /// The first field of that name, or null; `name` in lower case.
  const header_field* find(std::string_view name) const noexcept;

  /// Makes it as new but keeps its memory.
  void clear() noexcept;
};

} // namespace serval
