#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace serval {

int run_command(const run_options&) {
  return fail({errc::internal, "this build cannot run strategies"});
}

} // namespace serval
