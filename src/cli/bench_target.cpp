#include "cli/bench_target.hpp"

#include "cli/admin_client.hpp"
#include "cli/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace serval {

namespace {

constexpr std::string_view http_scheme = "http://";
constexpr std::string_view rpc_scheme = "rpc://";

error bad_target(std::string_view url, std::string_view why) {
  return {errc::bad_request,
          fmt::format("cannot use the target \"{}\": {}", printable(url), why)};
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto* end = text.data() + text.size();
  auto [stop, failed] = std::from_chars(text.data(), end, port);
  return failed == std::errc{} && stop == end && port > 0 && port <= 65535;
}

/// Splits "host:port", "[::1]:port" or "host".
result<void> read_authority(bench_target& target, std::string_view text,
                            std::string_view url) {
  auto colon = text.rfind(':');
  if (text.starts_with('[')) {
    auto end = text.find(']');
    if (end == std::string_view::npos)
      return bad_target(url, "a \"]\" is missing");
    target.host = text.substr(1, end - 1);
    colon = end + 1 < text.size() ? end + 1 : std::string_view::npos;
    if (colon != std::string_view::npos && text[colon] != ':')
      return bad_target(url, "the port follows a colon");
  } else {
    target.host = text.substr(0, colon);
  }
  if (colon != std::string_view::npos)
    target.port = text.substr(colon + 1);
  else if (!target.rpc)
    target.port = "80";
  if (target.host.empty())
    return bad_target(url, "it names no host");
  if (!is_port(target.port))
    return bad_target(url, "it has no port from 1 to 65535");
  return {};
}

} // namespace

std::string bench_target::authority() const {
  auto is_v6 = host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", host, port)
               : fmt::format("{}:{}", host, port);
}

std::string bench_target::to_string() const {
  return rpc ? fmt::format("rpc://{}/{}", authority(), app)
             : fmt::format("http://{}{}", authority(), path);
}

bool is_url(std::string_view text) {
  return text.find("://") != std::string_view::npos;
}

result<bench_target> parse_target(std::string_view url) {
  bench_target target;
  target.rpc = url.starts_with(rpc_scheme);
  if (!target.rpc && !url.starts_with(http_scheme))
    return bad_target(url, "it begins with http:// or rpc://; TLS is not "
                           "supported");
  if (std::ranges::any_of(url, [](char c) { return c <= ' ' || c == '\x7f'; }))
    return bad_target(url, "it has blanks or control characters");
  auto rest = url.substr(target.rpc ? rpc_scheme.size() : http_scheme.size());
  auto end = std::min(rest.find_first_of("/?#"), rest.size());
  if (auto read = read_authority(target, rest.substr(0, end), url); !read)
    return read.error();
  auto path = rest.substr(end);
  path = path.substr(0, path.find('#'));
  if (target.rpc) {
    target.app = path.substr(std::min<std::size_t>(1, path.size()));
    if (auto named = check_name(target.app, "application"); !named)
      return bad_target(url, named.error().message);
  } else if (!path.empty()) {
    target.path = path.starts_with('/') ? path : "/" + std::string{path};
  }
  return target;
}

result<bench_target> find_app(const http_peer& admin, const std::string& app,
                              bool rpc) {
  if (auto named = check_name(app, "application"); !named)
    return named.error();
  admin_client daemon(admin);
  auto status = daemon.status(app);
  if (!status)
    return status.error();
  auto endpoints = daemon.endpoints();
  if (!endpoints)
    return endpoints.error();
  if (rpc && is_url(endpoints->rpc))
    return bad_target(endpoints->rpc, "TLS is not supported");
  if (rpc)
    return parse_target(fmt::format("rpc://{}/{}", endpoints->rpc, app));
  auto server = is_url(endpoints->http) ? endpoints->http
                                        : "http://" + endpoints->http;
  return parse_target(server + status->route);
}

} // namespace serval
