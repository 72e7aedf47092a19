#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/node_view.hpp"
#include "cli/output.hpp"

#include "control/node_json.hpp"

#include <fmt/format.h>

namespace serval {

int nodes_command(const client_options& client) {
  admin_client daemon(client.admin);
  auto body = daemon.ask({.target = "/v1/nodes"});
  if (!body)
    return fail(body.error());
  if (client.json)
    return finish(*body);
  auto nodes = parse_nodes_json(*body);
  return nodes ? finish(render_nodes(*nodes)) : fail(nodes.error());
}

int drain_command(const client_options& client, const std::string& node,
                  bool on) {
  admin_client daemon(client.admin);
  if (auto named = check_name(node, "node"); !named)
    return fail(named.error());
  auto answer = daemon.ask({.method = "POST",
                            .target = fmt::format("/v1/nodes/{}/{}", node,
                                                  on ? "drain" : "undrain")});
  if (!answer)
    return fail(answer.error());
  if (client.json)
    return finish(fmt::format("{{\"node\":\"{}\",\"drains\":{}}}\n", node,
                              on));
  return finish(
    on ? fmt::format("{}: its workers are being replaced elsewhere; `serval "
                     "nodes` shows how far that is\n",
                     node)
       : fmt::format("{}: takes workers again\n", node));
}

} // namespace serval
