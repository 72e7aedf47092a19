#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

#include "base/version.hpp"
#include "config/node_config_reader.hpp"
#include "node/credentials.hpp"
#include "node/node_store.hpp"

#include <fmt/format.h>

namespace serval {

int config_check_command(const node_options& options, bool json) {
  auto config = read_node_config(options.config_path, options.overrides);
  if (!config)
    return fail(config.error());
  credential_files secrets{*config};
  if (auto usable = secrets.load(std::chrono::system_clock::now()); !usable)
    return fail(usable.error());
  if (config->store.kind == store_kind::mysql)
    if (auto usable = mysql_options_of(config->store); !usable)
      return fail(usable.error());
  return finish(json ? std::string{"{\"valid\":true}\n"}
                     : fmt::format("{} is valid\n", options.config_path));
}

int version_command(bool json) {
  return finish(json ? fmt::format("{{\"version\":\"{}\"}}\n", product_version)
                     : fmt::format("serval {}\n", product_version));
}

} // namespace serval
