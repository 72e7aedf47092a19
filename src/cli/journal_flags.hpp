#pragma once

#include "cli/commands.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace serval {

/// Adds what looks at journals without a daemon; as `add_node_commands`.
void add_journal_commands(CLI::App& app, journal_options& options,
                          const bool& json, std::function<int()>& chosen);

} // namespace serval
