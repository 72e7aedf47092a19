#include "control/control_route.hpp"

#include "base/assert.hpp"

#include <array>

namespace serval {

namespace {

using enum control_operation;

constexpr auto routes = std::to_array<control_route>({
  {"GET", "/healthz", health},
  {"GET", "/readyz", readiness},
  {"GET", "/metrics", metrics},
  {"GET", "/v1/openapi.json", openapi},
  {"GET", "/v1/node", node},
  {"POST", "/v1/node/upgrade", upgrade_node},
  {"HEAD", "/v1/artifacts/{sha256}", find_artifact},
  {"PUT", "/v1/artifacts/{sha256}", put_artifact},
  {"GET", "/v1/applications", list_applications},
  {"POST", "/v1/applications", deploy},
  {"GET", "/v1/applications/{name}", get_application},
  {"DELETE", "/v1/applications/{name}", delete_application},
  {"GET", "/v1/applications/{name}/decisions", list_decisions},
  {"POST", "/v1/applications/{name}/backends/{backend}/scale", scale},
  {"POST", "/v1/applications/{name}/orphans/adopt", adopt_orphans},
  {"POST", "/v1/applications/{name}/orphans/discard", discard_orphans},
  {"POST", "/v1/applications/{name}/app_master/restart", restart_app_master},
  {"GET", "/v1/applications/{name}/history", history},
  {"POST", "/v1/backups", back_up},
  {"GET", "/v1/nodes", list_nodes},
  {"POST", "/v1/nodes/{name}/drain", drain_node},
  {"POST", "/v1/nodes/{name}/undrain", undrain_node},
});

/// The part of `rest` up to the next "/", which is removed with it.
std::string_view take_segment(std::string_view& rest) {
  auto slash = rest.find('/');
  auto segment = rest.substr(0, slash);
  rest.remove_prefix(
    slash == std::string_view::npos ? rest.size() : slash + 1);
  return segment;
}

bool matches(std::string_view pattern, std::string_view path,
             route_match& match) {
  std::size_t count = 0;
  while (!pattern.empty() && !path.empty()) {
    auto expected = take_segment(pattern);
    auto segment = take_segment(path);
    if (expected.starts_with('{')) {
      SERVAL_ASSERT(count < std::size(match.parameters));
      match.parameters[count++] = segment;
    } else if (expected != segment) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

} // namespace

std::span<const control_route> control_routes() noexcept {
  return routes;
}

route_match match_route(std::string_view method, std::string_view path) {
  route_match found;
  for (const auto& each : routes) {
    route_match match;
    if (path.ends_with('/') || !matches(each.path, path, match))
      continue;
    if (!found.allow.empty())
      found.allow += ", ";
    found.allow += each.method;
    if (each.method == "GET")
      found.allow += ", HEAD";
    if (each.method == method || (each.method == "GET" && method == "HEAD")) {
      found.operation = each.operation;
      found.parameters[0] = match.parameters[0];
      found.parameters[1] = match.parameters[1];
    }
  }
  return found;
}

} // namespace serval
