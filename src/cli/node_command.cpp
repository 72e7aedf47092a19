#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "config/node_config_reader.hpp"
#include "node/node.hpp"

#include <stdlib.h>

namespace serval {

int node_command(const node_options& options) {
  // Strategies inherit the environment, and a token is none of theirs.
  ::unsetenv("SERVAL_TOKEN");
  auto config = read_node_config(options.config_path, options.overrides);
  if (!config)
    return fail(config.error());
  if (auto ran = run_node(config.value()); !ran)
    return fail(ran.error());
  return 0;
}

} // namespace serval
