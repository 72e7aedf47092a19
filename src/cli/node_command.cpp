#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "config/node_config_reader.hpp"
#include "node/node.hpp"

#include <stdlib.h>

namespace serval {

int node_command(const node_options& options) {
  // Strategies inherit the environment, and a token is none of theirs.
  ::unsetenv("SERVAL_TOKEN");
  auto before = predecessor::find();
  auto ran = before ? before->meet() : result<void>{};
  if (ran) {
    auto config = read_node_config(options.config_path, options.overrides);
    ran = config ? run_node(*config, before.get()) : config.error();
  }
  if (ran)
    return 0;
  if (before)
    before->tell_failed(ran.error().message);
  return fail(ran.error());
}

} // namespace serval
