#include "cli/node_flags.hpp"

#include <CLI/CLI.hpp>

namespace serval {

namespace {

using action = std::function<int()>;

void add_drain(CLI::App& node, const client_options& client,
               node_options& options, action& chosen, const std::string& name,
               const std::string& what, bool on) {
  auto* drain = node.add_subcommand(name, what);
  drain->fallthrough();
  drain->add_option("NODE", options.drained, "the node")
    ->required()
    ->type_name("");
  drain->callback([&client, &options, &chosen, on] {
    chosen = [&client, &options, on] {
      return drain_command(client, options.drained, on);
    };
  });
}

} // namespace

void add_node_commands(CLI::App& app, const client_options& client,
                       node_options& options, action& chosen) {
  auto* node = app.add_subcommand("node", "run a node, or empty one");
  node->add_option("-c,--config", options.config_path, "its configuration")
    ->type_name("FILE");
  node
    ->add_option("--set", options.overrides, "override section.key=value")
    ->type_name("KEY=VALUE")
    ->allow_extra_args(false);
  node->require_subcommand(0, 1);
  node->callback([node, &options, &chosen] {
    if (!node->get_subcommands().empty())
      return;
    if (options.config_path.empty())
      throw CLI::RequiredError("--config");
    chosen = [&options] { return node_command(options); };
  });
  add_drain(*node, client, options, chosen, "drain",
            "replace a node's workers elsewhere", true);
  add_drain(*node, client, options, chosen, "undrain",
            "let workers be placed there again", false);
  auto* nodes = app.add_subcommand("nodes", "list the nodes of the cluster");
  nodes->callback([&client, &chosen] {
    chosen = [&client] { return nodes_command(client); };
  });
}

} // namespace serval
