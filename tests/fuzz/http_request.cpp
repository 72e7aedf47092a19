#include "targets.hpp"

#include "base/assert.hpp"
#include "proxy/http_chars.hpp"
#include "proxy/request_fields.hpp"
#include "proxy/request_reader.hpp"

#include <algorithm>
#include <string>

namespace serval {

namespace {

// Small, so that short inputs reach every limit.
constexpr head_limits limits{.head_bytes = 1024,
                             .target_bytes = 256,
                             .fields = 8,
                             .field_bytes = 256,
                             .name_bytes = 32};
constexpr std::uint64_t body_bytes_max = 256;

bool frames_a_body(const header_field& field) {
  return equal_ignoring_case(field.name, "transfer-encoding")
         || equal_ignoring_case(field.name, "content-length");
}

/// All that the product acts on, but how the body came.
std::string describe(const http_request& request) {
  auto& head = request.head;
  std::string result;
  for (auto part : {head.method, head.target, head.path, head.query, head.host})
    result.append(part) += '\n';
  result += std::to_string(head.minor_version);
  result += head.keep_alive ? " keep-alive\n" : " close\n";
  for (auto& field : head.fields)
    if (!frames_a_body(field))
      result.append(field.name).append(":").append(field.value) += '\n';
  return result + request.body;
}

/// The same request as a plain client would send it.
std::string rewrite(const http_request& request) {
  auto& head = request.head;
  std::string result{head.method};
  result.append(" ").append(head.target).append(" HTTP/1.");
  result += std::to_string(head.minor_version) + "\r\n";
  for (auto& field : head.fields)
    if (!frames_a_body(field))
      result.append(field.name).append(":").append(field.value) += "\r\n";
  if (head.chunked || head.content_length)
    result += "Content-Length:" + std::to_string(request.body.size()) + "\r\n";
  return result + "\r\n" + request.body;
}

void check_accepted(const http_request& request) {
  auto& head = request.head;
  SERVAL_ASSERT(request.body.size() <= body_bytes_max);
  SERVAL_ASSERT(!head.content_length
                || *head.content_length == request.body.size());
  SERVAL_ASSERT(!(head.content_length && head.chunked));
  SERVAL_ASSERT(head.path == "*" || head.path.starts_with('/'));
  for (auto bad : {"//", "/./", "/../", "\\"})
    SERVAL_ASSERT(head.path.find(bad) == std::string_view::npos);
  SERVAL_ASSERT(head.fields.size() <= limits.fields);
  for (auto& field : head.fields) {
    SERVAL_ASSERT(is_token(field.name));
    SERVAL_ASSERT(std::all_of(field.value.begin(), field.value.end(),
                              is_field_char));
  }
  if (auto fields = read_request_fields(head)) {
    SERVAL_ASSERT(!fields->timeout || *fields->timeout > duration::zero());
    SERVAL_ASSERT(all_visible(fields->request_id));
  }
}

/// All requests in `bytes`, which arrive in pieces, and how it ends.
std::string read_all(std::string_view bytes, std::size_t piece_bytes) {
  request_reader reader{limits, body_bytes_max};
  std::string seen;
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, piece_bytes);
    auto before = piece.size();
    auto verdict = reader.read(piece);
    bytes.remove_prefix(before - piece.size());
    if (verdict == request_reader::verdict::refused)
      return seen + "refused: " + std::to_string(reader.why().status);
    if (verdict == request_reader::verdict::more) {
      SERVAL_ASSERT(piece.empty());
      continue;
    }
    check_accepted(reader.request());
    seen += describe(reader.request()) + "\n--\n";
    reader.reset();
  }
  return seen + (reader.idle() ? "end" : "cut");
}

void check_rewritten(std::string_view bytes) {
  request_reader reader{limits, body_bytes_max};
  if (reader.read(bytes) != request_reader::verdict::complete)
    return;
  auto again = rewrite(reader.request());
  request_reader second{limits, body_bytes_max};
  std::string_view rest = again;
  SERVAL_ASSERT(second.read(rest) == request_reader::verdict::complete);
  SERVAL_ASSERT(rest.empty());
  SERVAL_ASSERT(describe(second.request()) == describe(reader.request()));
}

} // namespace

void fuzz_http_request(std::string_view input) {
  auto whole = read_all(input, input.size());
  SERVAL_ASSERT(read_all(input, 1) == whole);
  SERVAL_ASSERT(read_all(input, 7) == whole);
  check_rewritten(input);
}

} // namespace serval
