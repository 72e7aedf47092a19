#include "cli/admin_client.hpp"

#include "cli/text_table.hpp"
#include "control/status_json.hpp"
#include "spec/spec_validate.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <cstdlib>

namespace serval {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

/// The text under `key` of a JSON object, or "".
std::string text_at(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  const auto* found = object ? object->if_contains(key) : nullptr;
  const auto* text = found ? found->if_string() : nullptr;
  return text ? std::string{*text} : std::string{};
}

/// Where the scheme of an address ends, if it has one.
std::size_t end_of_scheme(std::string_view address) {
  auto colon = address.find("://");
  return colon == std::string_view::npos ? 0 : colon + 3;
}

/// An endpoint that listens everywhere is reached where its admin listener is.
std::string endpoint_seen_from(const std::string& admin, std::string endpoint) {
  auto begin = end_of_scheme(endpoint);
  auto colon = endpoint.rfind(':');
  if (colon == std::string::npos || colon < begin)
    return endpoint;
  auto host = endpoint.substr(begin, colon - begin);
  if (host != "0.0.0.0" && host != "[::]")
    return endpoint;
  auto from = end_of_scheme(admin);
  return endpoint.replace(begin, colon - begin,
                          admin.substr(from, admin.rfind(':') - from));
}

std::optional<errc> code_named(std::string_view name) {
  for (int i = 0; i < errc_count; ++i)
    if (to_string(static_cast<errc>(i)) == name)
      return static_cast<errc>(i);
  return {};
}

} // namespace

error to_error(const http_answer& answer, const std::string& address) {
  json::error_code code;
  auto problem = json::parse(answer.body, code);
  auto detail = text_at(problem, "detail");
  if (detail.empty())
    detail = text_at(problem, "title");
  if (detail.empty())
    detail = fmt::format("{} answered with status {}", address, answer.status);
  // Only this side can say that the daemon is not there.
  auto named = code_named(text_at(problem, "code")).value_or(errc::internal);
  return {named == errc::link_lost ? errc::internal : named,
          std::move(detail)};
}

admin_client::admin_client(http_peer daemon)
  : daemon_(std::move(daemon)) {
  // nop
}

std::string admin_client::find_address(const std::string& named) {
  if (!named.empty())
    return named;
  const auto* value = std::getenv("SERVAL_ADMIN");
  return value != nullptr && *value != '\0' ? value : "127.0.0.1:9470";
}

result<std::string> admin_client::ask(const http_call& call) const {
  auto answer = perform(daemon_, call);
  if (!answer)
    return answer.error();
  if (answer->status >= 400)
    return to_error(*answer, daemon_.address);
  return std::move(answer->body);
}

result<app_status> admin_client::status(const std::string& app) const {
  auto body = ask({.target = "/v1/applications/" + app});
  if (!body)
    return body.error();
  return parse_status_json(*body);
}

result<node_endpoints> admin_client::endpoints() const {
  auto body = ask({.target = "/v1/node"});
  if (!body)
    return body.error();
  json::error_code code;
  auto node = json::parse(*body, code);
  return node_endpoints{
    endpoint_seen_from(daemon_.address, text_at(node, "http")),
    endpoint_seen_from(daemon_.address, text_at(node, "rpc"))};
}

result<void> admin_client::upload(const std::string& sha256,
                                  std::string_view bytes) const {
  auto target = "/v1/artifacts/" + sha256;
  auto found = perform(daemon_, {.method = "HEAD", .target = target});
  if (!found)
    return found.error();
  if (found->status < 300)
    return {};
  auto kept = ask({.method = "PUT",
                   .target = target,
                   .fields = {{"Content-Type", "application/octet-stream"}},
                   .body = bytes,
                   .timeout = 5min});
  if (!kept)
    return kept.error();
  return {};
}

result<void> check_name(std::string_view name, std::string_view what) {
  if (is_valid_name(name))
    return {};
  return error{errc::not_found,
               fmt::format("there is no {} \"{}\"", what, name)};
}

result<void> check_new_name(std::string_view name) {
  if (is_valid_name(name))
    return {};
  return error{errc::bad_request,
               fmt::format("\"{}\" is no name: it must be 1 to 64 letters, "
                           "digits, \"_\" and \"-\"",
                           printable(name))};
}

} // namespace serval
