#include "control/access_rules.hpp"

namespace serval {

std::optional<access_need> need_of(const route_match& match) noexcept {
  using enum control_operation;
  using reach = access_need::reach;
  auto app = match.parameters[0];
  // What there is and what there is not is nobody's business but a reader's.
  if (!match.operation)
    return access_need{token_scope::read, reach::any, {}};
  switch (*match.operation) {
    case health:
    case readiness:
      return std::nullopt;
    case metrics: // They tell of all applications.
      return access_need{token_scope::read, reach::all, {}};
    case openapi:
    case node:
    case list_nodes:
    case list_applications: // Shows what the token is good for.
      return access_need{token_scope::read, reach::any, {}};
    case get_application:
    case list_decisions:
    case history:
      return access_need{token_scope::read, reach::one, app};
    case find_artifact:
    case put_artifact:
    case deploy:
      return access_need{token_scope::deploy, reach::any, {}};
    case scale:
    case adopt_orphans:
    case restart_app_master:
      return access_need{token_scope::deploy, reach::one, app};
    case delete_application:
    case discard_orphans:
      return access_need{token_scope::admin, reach::one, app};
    case drain_node:
    case undrain_node:
    case upgrade_node: // It runs a program of this machine.
    case back_up: // It has all applications, and writes to the disk.
      return access_need{token_scope::admin, reach::all, {}};
  }
  return access_need{token_scope::admin, reach::all, {}};
}

} // namespace serval
