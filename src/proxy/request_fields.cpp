#include "proxy/request_fields.hpp"

#include "proxy/http_chars.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace serval {

namespace {

constexpr std::size_t max_timeout_bytes = 32;
constexpr double max_timeout_s = 86400;

error bad(std::string message) {
  return {errc::bad_request, std::move(message)};
}

std::optional<error> read_text(const header_field& field,
                               std::size_t max_bytes, std::string& out) {
  auto name = std::string{field.name};
  if (!out.empty())
    return bad("there is more than one " + name);
  if (field.value.empty() || field.value.size() > max_bytes
      || !all_visible(field.value))
    return bad(name + " must be 1 to " + std::to_string(max_bytes)
               + " visible ASCII characters");
  out = field.value;
  return std::nullopt;
}

/// Digits with at most one dot between them. The rest of what a float can look
/// like (signs, exponents, "inf") is no time.
bool is_plain_decimal(std::string_view text) {
  auto dots = std::count(text.begin(), text.end(), '.');
  return !text.empty() && text.size() <= max_timeout_bytes && dots <= 1
         && is_digit(text.front()) && is_digit(text.back())
         && std::all_of(text.begin(), text.end(),
                        [](char c) { return is_digit(c) || c == '.'; });
}

std::optional<error> read_timeout(std::string_view value,
                                  std::optional<duration>& out) {
  if (out)
    return bad("there is more than one x-request-timeout-seconds");
  double seconds = 0;
  if (is_plain_decimal(value))
    std::from_chars(value.data(), value.data() + value.size(), seconds,
                    std::chars_format::fixed);
  if (seconds > max_timeout_s || seconds < 1e-9)
    return bad("x-request-timeout-seconds must be a number above 0 and up to "
               "86400");
  out = std::chrono::duration_cast<duration>(
    std::chrono::duration<double>{seconds});
  return std::nullopt;
}

std::optional<error> read_priority(std::string_view value, bool& seen,
                                   priority& out) {
  if (std::exchange(seen, true))
    return bad("there is more than one x-request-priority");
  if (value != "high" && value != "low")
    return bad("x-request-priority must be \"high\" or \"low\"");
  out = value == "high" ? priority::high : priority::low;
  return std::nullopt;
}

/// What is seen of fields that `request_fields` does not hold.
struct seen_fields {
  bool priority = false;
  bool content_type = false;
};

std::optional<error> read_field(const header_field& field, seen_fields& seen,
                                request_fields& out) {
  auto is = [&](std::string_view name) {
    return equal_ignoring_case(field.name, name);
  };
  switch (field.name.size()) {
    case 11:
      if (is("traceparent"))
        return read_text(field, max_trace_parent_bytes, out.trace_parent);
      break;
    case 12:
      if (is("x-request-id"))
        return read_text(field, max_request_id_bytes, out.request_id);
      if (is("content-type") && std::exchange(seen.content_type, true))
        return bad("there is more than one content-type");
      break;
    case 16:
      if (is("content-encoding")
          && !equal_ignoring_case(field.value, "identity"))
        return error{errc::unsupported_media,
                     "a content-encoding is not supported; send the body "
                     "as it is"};
      break;
    case 18:
      if (is("x-request-priority"))
        return read_priority(field.value, seen.priority, out.priority);
      break;
    case 25:
      if (is("x-request-timeout-seconds"))
        return read_timeout(field.value, out.timeout);
      break;
    default:
      break;
  }
  return std::nullopt;
}

} // namespace

result<request_fields> read_request_fields(const request_head& head) {
  request_fields result;
  seen_fields seen;
  for (auto& field : head.fields)
    if (auto failure = read_field(field, seen, result))
      return *failure;
  return result;
}

std::string make_request_id(random_source& random) {
  constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
  constexpr std::size_t characters = 15;
  std::string result(characters, '0');
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < characters; ++i) {
    if (i % 12 == 0)
      bits = random();
    result[i] = digits[bits % 32];
    bits /= 32;
  }
  return result;
}

} // namespace serval
