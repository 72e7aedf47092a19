#include "cli/call_data.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/local_strategy.hpp"
#include "cli/output.hpp"
#include "cli/plugin_path.hpp"

#include "spec/spec_toml.hpp"

#include <fmt/format.h>

namespace serval {

namespace {

/// Why a call failed; the user of `run` is the operator and may know it all.
error reason_of(const outcome& failed) {
  auto sentence = info(*failed.code).sentence;
  if (failed.code == errc::rejected)
    return {errc::rejected, fmt::format("rejected with status {}: {}",
                                        failed.reject_status, failed.body)};
  if (failed.body.empty())
    return {errc::user_error, std::string{sentence}};
  return {errc::user_error, fmt::format("{}: {}", sentence, failed.body)};
}

} // namespace

int run_command(const run_options& options) {
  auto spec = read_spec_file(options.spec_path, options.overrides);
  if (!spec)
    return fail(spec.error());
  auto plugin = find_plugin(spec->plugin, options.spec_path, own_binary());
  if (!plugin)
    return fail(plugin.error());
  auto body = read_call_data(options.data);
  if (!body)
    return fail(body.error());
  auto strategy = local_strategy::start(*spec, *plugin);
  if (!strategy)
    return fail(strategy.error());
  auto answer = (*strategy)->call(std::move(*body),
                                  options.timeout.value_or(spec->deadline));
  return answer.ok() ? finish(answer.body) : fail(reason_of(answer));
}

} // namespace serval
