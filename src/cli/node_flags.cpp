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

void add_upgrade(CLI::App& node, const client_options& client,
                 node_options& options, action& chosen) {
  auto* upgrade = node.add_subcommand(
    "upgrade",
    "have a new process take the daemon's place, which drops no connection; if "
    "that fails, the daemon serves on");
  upgrade->fallthrough();
  upgrade
    ->add_option("--binary", options.new_binary,
                 "the new program; by default the file from which the daemon "
                 "was started")
    ->type_name("PATH");
  upgrade
    ->add_option("--timeout", options.upgrade_timeout,
                 "how long it may take until it serves (1m)")
    ->type_name("DURATION");
  upgrade->callback([&client, &options, &chosen] {
    chosen = [&client, &options] {
      return upgrade_command(client, options);
    };
  });
}

} // namespace

void add_node_commands(CLI::App& app, const client_options& client,
                       node_options& options, action& chosen) {
  auto* node
    = app.add_subcommand("node", "run a node, empty one, or upgrade it");
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
  add_upgrade(*node, client, options, chosen);
  auto* nodes = app.add_subcommand("nodes", "list the nodes of the cluster");
  nodes->callback([&client, &chosen] {
    chosen = [&client] { return nodes_command(client); };
  });
}

} // namespace serval
