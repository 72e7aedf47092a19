#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace serval {

/// What a client can ask of the admin listener.
enum class control_operation : std::uint8_t {
  health,
  readiness,
  metrics,
  openapi,
  node,
  find_artifact,
  put_artifact,
  list_applications,
  deploy,
  get_application,
  list_decisions,
  delete_application,
  scale,
  adopt_orphans,
  discard_orphans,
  restart_app_master,
  history,
  back_up,
  list_nodes,
  drain_node,
  undrain_node,
  upgrade_node,
};

struct control_route {
  std::string_view method;
  /// As in OpenAPI: "/v1/applications/{name}".
  std::string_view path;
  control_operation operation;
};

/// The whole table; `openapi.json` describes the same.
std::span<const control_route> control_routes() noexcept;

struct route_match {
  /// Empty if the method is not allowed or the path is unknown.
  std::optional<control_operation> operation;
  /// What the path's parameters stand for, in their order.
  std::string_view parameters[2];
  /// The methods that the path knows, as an Allow field lists them; empty if
  /// the path is unknown.
  std::string allow;
};

/// Finds what a request asks for. HEAD is allowed where GET is.
route_match match_route(std::string_view method, std::string_view path);

} // namespace serval
