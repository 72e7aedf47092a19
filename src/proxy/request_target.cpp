#include "proxy/request_target.hpp"

#include "proxy/http_chars.hpp"
#include "proxy/utf8.hpp"

#include <algorithm>

namespace serval {

namespace {

constexpr std::size_t max_authority_bytes = 255;

refusal bad(std::string_view reason) {
  return {400, reason};
}

bool is_port(std::string_view text) noexcept {
  if (text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit))
    return false;
  int value = 0;
  for (auto c : text)
    value = value * 10 + (c - '0');
  return value <= 65535;
}

bool is_ip_literal(std::string_view text) noexcept {
  auto allowed = [](char c) {
    return hex_value(c) >= 0 || c == ':' || c == '.';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

bool is_reg_name(std::string_view text) noexcept {
  auto allowed = [](char c) {
    return is_alpha(c) || is_digit(c)
           || std::string_view{"-._~!$&'()*+,;="}.find(c)
                != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

/// Escapes that can hide a separator, an end of string or a line end.
bool is_dangerous_byte(unsigned char byte) noexcept {
  return byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\';
}

/// Decodes the percent-escapes of `path` into `out`.
std::optional<refusal> decode(std::string_view path, std::string& out) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out += path[i];
      continue;
    }
    if (path.size() - i < 3 || hex_value(path[i + 1]) < 0
        || hex_value(path[i + 2]) < 0)
      return bad("the path has a malformed percent-escape");
    auto byte = static_cast<unsigned char>(hex_value(path[i + 1]) * 16
                                           + hex_value(path[i + 2]));
    if (is_dangerous_byte(byte))
      return bad("the path escapes a control character or a separator");
    out += static_cast<char>(byte);
    i += 2;
  }
  if (!is_utf8(out))
    return bad("the path is not UTF-8");
  return std::nullopt;
}

/// Refuses `//`, `/./` and `/../`; an empty last segment is fine.
std::optional<refusal> check_segments(std::string_view path) {
  std::size_t begin = 1;
  while (begin <= path.size()) {
    auto end = std::min(path.find('/', begin), path.size());
    auto segment = path.substr(begin, end - begin);
    if (segment == "." || segment == "..")
      return bad("the path has a dot segment");
    if (segment.empty() && end != path.size())
      return bad("the path has an empty segment");
    begin = end + 1;
  }
  return std::nullopt;
}

std::optional<refusal> parse_path(std::string_view text, request_head& head) {
  auto mark = text.find('?');
  auto path = text.substr(0, mark);
  if (mark != std::string_view::npos)
    head.query = text.substr(mark + 1);
  if (path.find('\\') != std::string_view::npos)
    return bad("the path has a backslash");
  head.path = path;
  if (path.find('%') != std::string_view::npos) {
    if (auto why = decode(path, head.decoded_path))
      return why;
    head.path = head.decoded_path;
  }
  return check_segments(head.path);
}

/// `http://authority/path`, which a client of a proxy sends. The authority must
/// be the Host field's, so that nobody can route by one and check the other.
std::optional<refusal> parse_absolute(std::string_view text,
                                      request_head& head) {
  auto end = std::min(text.find_first_of("/?"), text.size());
  if (!is_authority(text.substr(0, end))
      || !equal_ignoring_case(text.substr(0, end), head.host))
    return bad("the target names another host than the Host field");
  auto rest = text.substr(end);
  if (rest.empty())
    rest = "/";
  if (rest.front() != '/')
    return bad("the target has no path");
  return parse_path(rest, head);
}

} // namespace

bool is_authority(std::string_view text) noexcept {
  if (text.size() > max_authority_bytes)
    return false;
  if (!text.empty() && text.front() == '[') {
    auto end = text.find(']');
    if (end == std::string_view::npos
        || !is_ip_literal(text.substr(1, end - 1)))
      return false;
    auto rest = text.substr(end + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  auto colon = text.find(':');
  return is_reg_name(text.substr(0, colon))
         && (colon == std::string_view::npos
             || is_port(text.substr(colon + 1)));
}

std::optional<refusal> parse_target(request_head& head) {
  constexpr std::string_view scheme = "http://";
  auto target = head.target;
  if (target.find('#') != std::string_view::npos)
    return bad("the target has a fragment");
  if (target.front() == '/')
    return parse_path(target, head);
  if (target == "*" && head.method == "OPTIONS") {
    head.path = target;
    return std::nullopt;
  }
  if (equal_ignoring_case(target.substr(0, scheme.size()), scheme))
    return parse_absolute(target.substr(scheme.size()), head);
  return bad("the target is not a path");
}

} // namespace serval
