#include "proxy/header_gate.hpp"

#include "proxy/http_chars.hpp"
#include "proxy/request_target.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace serval {

namespace {

constexpr std::size_t max_method_bytes = 16;

constexpr std::array<std::string_view, 7> known_methods
  = {"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"};

refusal bad(std::string_view reason) {
  return {400, reason};
}

bool contains(const auto& range, std::string_view what) {
  return std::find(range.begin(), range.end(), what) != range.end();
}

std::optional<refusal> check_method(std::string_view method) {
  if (!is_token(method))
    return bad("the request line does not begin with a method");
  if (method.size() > max_method_bytes)
    return refusal{501, "the method is not known"};
  if (contains(known_methods, method))
    return std::nullopt;
  if (method == "CONNECT" || method == "TRACE")
    return refusal{405, "the method is not allowed"};
  return refusal{501, "the method is not known"};
}

std::optional<refusal> check_version(std::string_view version, int& minor) {
  if (version.size() != 8 || !version.starts_with("HTTP/")
      || !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7]))
    return bad("the request line does not end with an HTTP version");
  if (version[5] != '1' || version[7] > '1')
    return refusal{505, "the HTTP version is not supported"};
  minor = version[7] - '0';
  return std::nullopt;
}

std::optional<refusal> parse_request_line(std::string_view line,
                                          const head_limits& limits,
                                          request_head& head) {
  auto first = line.find(' ');
  auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad("the request line is not method, target and version");
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  // The version first: what speaks another protocol should hear just that.
  if (auto why = check_version(line.substr(last + 1), head.minor_version))
    return why;
  if (auto why = check_method(head.method))
    return why;
  if (head.target.size() > limits.target_bytes)
    return refusal{414, "the target is too long"};
  if (head.target.empty() || !all_visible(head.target))
    return bad("the target has a character that must be escaped");
  return std::nullopt;
}

// -- fields that frame or route the request ----------------------------------

std::optional<refusal> read_content_length(std::string_view value,
                                           request_head& head) {
  constexpr auto max = std::numeric_limits<std::uint64_t>::max();
  if (head.content_length)
    return bad("there is more than one Content-Length");
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)
      || (value.size() > 1 && value.front() == '0'))
    return bad("the Content-Length is not a plain number");
  std::uint64_t number = 0;
  for (auto c : value) {
    auto digit = static_cast<std::uint64_t>(c - '0');
    if (number > (max - digit) / 10)
      return bad("the Content-Length is out of range");
    number = number * 10 + digit;
  }
  head.content_length = number;
  return std::nullopt;
}

std::optional<refusal> read_transfer_encoding(std::string_view value,
                                              request_head& head) {
  if (head.chunked)
    return bad("there is more than one Transfer-Encoding");
  if (!equal_ignoring_case(value, "chunked"))
    return bad("the Transfer-Encoding is not exactly chunked");
  if (head.minor_version == 0)
    return bad("HTTP/1.0 has no Transfer-Encoding");
  head.chunked = true;
  return std::nullopt;
}

std::optional<refusal> read_connection(std::string_view value, bool& close,
                                       bool& keep_alive) {
  while (!value.empty()) {
    auto comma = std::min(value.find(','), value.size());
    auto option = trim_blanks(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    if (!option.empty() && !is_token(option))
      return bad("the Connection field is not a list of names");
    if (equal_ignoring_case(option, "close"))
      close = true;
    else if (equal_ignoring_case(option, "keep-alive"))
      keep_alive = true;
    else if (equal_ignoring_case(option, "content-length")
             || equal_ignoring_case(option, "transfer-encoding")
             || equal_ignoring_case(option, "host"))
      return bad("the Connection field names a field that frames the request");
  }
  return std::nullopt;
}

/// What the special fields said, as far as `request_head` does not hold it.
struct field_state {
  bool host = false;
  bool close = false;
  bool keep_alive = false;
};

std::optional<refusal> read_field(const header_field& field,
                                  field_state& state, request_head& head) {
  auto is = [&](std::string_view name) {
    return equal_ignoring_case(field.name, name);
  };
  switch (field.name.size()) {
    case 4:
      if (!is("host"))
        break;
      if (std::exchange(state.host, true))
        return bad("there is more than one Host");
      if (!is_authority(field.value))
        return bad("the Host is not a host name");
      head.host = field.value;
      break;
    case 6:
      if (!is("expect"))
        break;
      if (!equal_ignoring_case(field.value, "100-continue"))
        return refusal{417, "the expectation is not known"};
      head.expect_continue = head.minor_version >= 1;
      break;
    case 10:
      if (is("connection"))
        return read_connection(field.value, state.close, state.keep_alive);
      break;
    case 14:
      if (is("content-length"))
        return read_content_length(field.value, head);
      break;
    case 17:
      if (is("transfer-encoding"))
        return read_transfer_encoding(field.value, head);
      break;
    default:
      break;
  }
  return std::nullopt;
}

/// Cuts the next line off `bytes`, without its line end. REQUIRES: the scanner
/// has seen that only CRLF ends lines.
std::string_view next_line(std::string_view& bytes) {
  auto end = bytes.find('\r');
  auto line = bytes.substr(0, end);
  bytes.remove_prefix(end + 2);
  return line;
}

enum class byte_kind : unsigned char { text, carriage_return, line_feed, bad };

constexpr auto byte_kinds = [] {
  std::array<byte_kind, 256> result{};
  for (int i = 0; i < 256; ++i)
    result[i] = is_field_char(static_cast<char>(i)) ? byte_kind::text
                                                    : byte_kind::bad;
  result['\r'] = byte_kind::carriage_return;
  result['\n'] = byte_kind::line_feed;
  return result;
}();

} // namespace

// -- request_head ------------------------------------------------------------

const header_field* request_head::find(std::string_view name) const noexcept {
  for (auto& field : fields)
    if (equal_ignoring_case(field.name, name))
      return &field;
  return nullptr;
}

void request_head::clear() noexcept {
  method = target = path = query = host = {};
  minor_version = 1;
  fields.clear();
  content_length.reset();
  chunked = false;
  keep_alive = true;
  expect_continue = false;
  decoded_path.clear();
}

// -- head_scanner ------------------------------------------------------------

head_scanner::verdict head_scanner::refuse(int status,
                                           std::string_view reason) {
  why_ = {status, reason};
  return verdict::refused;
}

/// For a byte that may not be there. A head that was too large before it is
/// called so, as if its bytes had come one by one.
head_scanner::verdict head_scanner::refuse_byte(std::string_view bytes,
                                                std::string_view reason) {
  if (auto verdict = check_size(bytes); verdict != verdict::more)
    return verdict;
  return refuse(400, reason);
}

head_scanner::verdict head_scanner::scan(std::string_view bytes) {
  auto result = scan_lines(bytes);
  // A bad first line is the reason whatever follows it, so that what a client
  // is told does not depend on how its bytes arrived.
  if (result != verdict::complete
      && check_first_line(bytes) == verdict::refused)
    return verdict::refused;
  return result;
}

head_scanner::verdict head_scanner::scan_lines(std::string_view bytes) {
  while (pos_ < bytes.size()) {
    auto kind = byte_kinds[static_cast<unsigned char>(bytes[pos_])];
    if (kind == byte_kind::text) {
      ++pos_;
      continue;
    }
    if (kind != byte_kind::carriage_return)
      return refuse_byte(bytes, kind == byte_kind::line_feed
                                  ? "a line ends without CR"
                                  : "the head has a control character");
    if (pos_ + 1 == bytes.size())
      break;
    if (bytes[pos_ + 1] != '\n')
      return refuse_byte(bytes, "the head has a CR that ends no line");
    if (auto verdict = check_size(bytes); verdict != verdict::more)
      return verdict;
    if (end_line())
      return verdict::complete;
  }
  return check_size(bytes);
}

/// Goes past the line that ends at `pos_`; answers whether the head does, too.
bool head_scanner::end_line() {
  auto empty = pos_ == line_begin_;
  pos_ += 2;
  line_begin_ = pos_;
  if (!empty)
    ++lines_;
  else if (lines_ == 0)
    begin_ = pos_;
  return empty && lines_ > 0;
}

/// Checks the line that has come so far, and with it the head.
head_scanner::verdict head_scanner::check_size(std::string_view bytes) {
  constexpr std::size_t version_bytes = 16;
  if (begin_ > 2)
    return refuse(400, "there is more than one empty line before the request");
  auto line = bytes.substr(line_begin_, pos_ - line_begin_);
  if (lines_ == 0) {
    auto method = line.substr(0, max_method_bytes + 1);
    method = method.substr(0, method.find(' '));
    if (!line.empty() && !is_token(method))
      return refuse(400, "the request line does not begin with a method");
    if (line.size() > limits_.target_bytes + max_method_bytes + version_bytes)
      return method.size() > max_method_bytes
               ? refuse(501, "the method is not known")
               : refuse(414, "the target is too long");
  } else if (line.size() > limits_.field_bytes + limits_.name_bytes) {
    return refuse(431, "a header field is too large");
  }
  if (pos_ - begin_ > limits_.head_bytes)
    return refuse(431, "the header fields are too large");
  if (lines_ > limits_.fields + 1)
    return refuse(431, "there are too many header fields");
  return verdict::more;
}

/// A client that speaks another protocol may wait for us after its first line,
/// so a head that comes in pieces is not waited for to its end.
head_scanner::verdict head_scanner::check_first_line(std::string_view bytes) {
  if (lines_ == 0 || std::exchange(first_line_checked_, true))
    return verdict::more;
  auto rest = bytes.substr(begin_);
  request_head ignored;
  if (auto why = parse_request_line(next_line(rest), limits_, ignored))
    return refuse(why->status, why->reason);
  return verdict::more;
}

// -- parsing -----------------------------------------------------------------

std::optional<refusal> parse_field(std::string_view line,
                                   const head_limits& limits,
                                   header_field& field) {
  if (line.front() == ' ' || line.front() == '\t')
    return bad("a header line begins with a blank");
  auto colon = line.find(':');
  if (colon == std::string_view::npos)
    return bad("a header line has no colon");
  field.name = line.substr(0, colon);
  field.value = trim_blanks(line.substr(colon + 1));
  if (!is_token(field.name))
    return bad("a header field's name is malformed");
  // Gateways that turn "-" into "_" would take it for the other field.
  if (field.name.find('_') != std::string_view::npos)
    return bad("a header field's name has an underscore");
  if (field.name.size() > limits.name_bytes
      || field.name.size() + field.value.size() > limits.field_bytes)
    return refusal{431, "a header field is too large"};
  return std::nullopt;
}

std::optional<refusal> parse_head(std::string_view bytes,
                                  const head_limits& limits,
                                  request_head& head) {
  head.clear();
  if (auto why = parse_request_line(next_line(bytes), limits, head))
    return why;
  field_state state;
  for (auto line = next_line(bytes); !line.empty(); line = next_line(bytes)) {
    header_field field;
    if (auto why = parse_field(line, limits, field))
      return why;
    if (head.fields.size() == limits.fields)
      return refusal{431, "there are too many header fields"};
    if (auto why = read_field(field, state, head))
      return why;
    head.fields.push_back(field);
  }
  if (head.chunked && head.content_length)
    return bad("there are both Content-Length and Transfer-Encoding");
  if (!state.host && head.minor_version >= 1)
    return bad("there is no Host");
  head.keep_alive = head.minor_version >= 1 ? !state.close
                                            : state.keep_alive && !state.close;
  return parse_target(head);
}

} // namespace serval
