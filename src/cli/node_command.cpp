#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "config/node_config_reader.hpp"

namespace serval {

int node_command(const node_options& options) {
  auto config = read_node_config(options.config_path, options.overrides);
  if (!config)
    return fail(config.error());
  return fail({errc::internal, "this build has no daemon"});
}

} // namespace serval
