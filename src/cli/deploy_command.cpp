#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/deploy_watch.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/plugin_path.hpp"
#include "cli/progress_line.hpp"
#include "cli/text_table.hpp"

#include "base/sha256.hpp"
#include "control/status_json.hpp"
#include "spec/spec_json.hpp"
#include "spec/spec_toml.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <thread>

namespace serval {

namespace {

using namespace std::chrono_literals;

/// Reads the spec and its plugin, and uploads the plugin.
result<app_spec> prepare(const admin_client& daemon,
                         const deploy_options& options,
                         progress_line& progress) {
  auto spec = read_spec_file(options.spec_path, options.overrides);
  if (!spec)
    return spec;
  auto path = find_plugin(spec->plugin, options.spec_path, own_binary());
  if (!path)
    return path.error();
  auto bytes = read_whole_file(*path);
  if (!bytes)
    return bytes.error();
  spec->plugin_sha256 = sha256_hex(*bytes);
  progress.show(fmt::format("uploading {}", *path));
  if (auto kept = daemon.upload(spec->plugin_sha256, *bytes); !kept)
    return kept.error();
  return spec;
}

result<app_status> post(const admin_client& daemon, const app_spec& spec,
                        const std::string& reason) {
  auto json = to_canonical_json(spec);
  http_call call{.method = "POST",
                 .target = "/v1/applications",
                 .fields = {{"Content-Type", "application/json"}},
                 .body = json,
                 // Before it answers, the daemon tries the plugin out.
                 .timeout = 90s};
  if (!reason.empty())
    call.fields.emplace_back("X-Reason", reason);
  auto body = daemon.ask(call);
  if (!body)
    return body.error();
  return parse_status_json(*body);
}

/// Waits until the release serves or fails.
result<app_status> wait_for(const admin_client& daemon,
                            const app_status& accepted, duration timeout,
                            progress_line& progress) {
  auto deadline = std::chrono::steady_clock::now() + timeout;
  auto status = accepted;
  while (true) {
    auto verdict = judge_deploy(status, accepted.release);
    if (verdict.what == deploy_verdict::kind::serves)
      return status;
    if (verdict.what == deploy_verdict::kind::failed)
      return error{errc::internal,
                   fmt::format("{}: {}", accepted.name, verdict.text)};
    if (std::chrono::steady_clock::now() > deadline)
      return error{errc::deadline_exceeded,
                   fmt::format("release {} of {} does not serve yet: {}; see "
                               "`serval status {}`",
                               accepted.release.value, accepted.name,
                               verdict.text, accepted.name)};
    progress.show(fmt::format("{}: {}", accepted.name, verdict.text));
    std::this_thread::sleep_for(50ms);
    auto next = daemon.status(accepted.name);
    if (!next)
      return next.error();
    status = std::move(*next);
  }
}

int report(const client_options& client, const app_status& status,
           bool serves) {
  for (const auto& each : status.warnings)
    write_stderr(printable("warning: " + each) + "\n");
  if (client.json)
    return finish(boost::json::serialize(to_json(status)) + "\n");
  return finish(fmt::format("{}: release {} {} at {}\n", status.name,
                            status.release.value,
                            serves ? "serves" : "is being brought up",
                            status.route));
}

} // namespace

int deploy_command(const client_options& client,
                   const deploy_options& options) {
  progress_line progress;
  auto give_up = [&](const error& what) {
    progress.clear();
    return fail(what);
  };
  admin_client daemon(client.admin);
  auto spec = prepare(daemon, options, progress);
  if (!spec)
    return give_up(spec.error());
  progress.show(fmt::format("deploying {}", spec->name));
  auto status = post(daemon, *spec, options.reason);
  if (status && options.wait)
    status = wait_for(daemon, *status, options.timeout, progress);
  if (!status)
    return give_up(status.error());
  progress.clear();
  return report(client, *status, options.wait);
}

} // namespace serval
