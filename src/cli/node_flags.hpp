#pragma once

#include "cli/commands.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace serval {

/// Adds what is about nodes to the command line; `chosen` becomes what the user
/// wants. All of it outlives `app`.
void add_node_commands(CLI::App& app, const client_options& client,
                       node_options& options, std::function<int()>& chosen);

} // namespace serval
