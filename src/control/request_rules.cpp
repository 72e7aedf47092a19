#include "control/request_rules.hpp"

#include "config/listen_address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

constexpr std::size_t json_body_max = 1 << 20;

/// Whether a Host field names this machine, whatever the port.
bool names_this_machine(std::string_view host) {
  if (host.starts_with('['))
    return host.substr(0, host.find(']')) == "[::1";
  host = host.substr(0, host.rfind(':'));
  return host == "localhost" || is_loopback({std::string{host}, 0});
}

bool is_visible(std::string_view text, bool blanks_too) {
  return std::ranges::all_of(text, [&](char c) {
    return (c > ' ' && c < '\x7f') || (blanks_too && c == ' ');
  });
}

std::string_view value_of(const request_head& head, std::string_view name) {
  const auto* field = head.find(name);
  return field == nullptr ? std::string_view{} : field->value;
}

} // namespace

result<void> check_sender(const request_head& head, bool needs_token) {
  if (head.find("origin") != nullptr)
    return error{errc::unauthorized,
                 "requests from web pages are refused, and this one has an "
                 "Origin"};
  if (!needs_token && !head.host.empty() && !names_this_machine(head.host))
    return error{errc::unauthorized,
                 "the Host field must be localhost or a loopback address"};
  return {};
}

result<void> check_form(const http_request& request,
                        control_operation asked) {
  using enum control_operation;
  if (!request.head.query.empty() && asked != metrics)
    return error{errc::bad_request, "this resource takes no query"};
  if (asked == put_artifact)
    return {};
  if (asked != deploy && asked != scale && asked != back_up
      && asked != upgrade_node) {
    if (!request.body.empty())
      return error{errc::bad_request, "this resource takes no body"};
    return {};
  }
  if (request.body.size() > json_body_max)
    return error{errc::body_too_large, "the JSON is larger than 1 MiB"};
  auto type = value_of(request.head, "content-type");
  type = type.substr(0, type.find_first_of("; "));
  if (!type.empty() && type != "application/json")
    return error{errc::unsupported_media,
                 "the body must be application/json"};
  return {};
}

result<command_header> read_command_header(const request_head& head) {
  auto id = value_of(head, "x-operation-id");
  auto reason = value_of(head, "x-reason");
  if (id.size() > 128 || !is_visible(id, false))
    return error{errc::bad_request,
                 "x-operation-id must be at most 128 visible ASCII characters"};
  if (reason.size() > 512 || !is_visible(reason, true))
    return error{errc::bad_request,
                 "x-reason must be at most 512 printable ASCII characters"};
  return command_header{std::string{id}, "admin", std::string{reason}};
}

} // namespace serval
