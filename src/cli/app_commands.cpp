#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/decision_view.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/scale_target.hpp"
#include "cli/status_view.hpp"

#include "control/decision_json.hpp"
#include "control/leadership_json.hpp"
#include "control/status_json.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

using field_list = std::vector<std::pair<std::string, std::string>>;

field_list fields_with(const std::string& reason) {
  field_list fields = {{"Content-Type", "application/json"}};
  if (!reason.empty())
    fields.emplace_back("X-Reason", reason);
  return fields;
}

/// Asks for something that concerns an application as a whole. Prints what came
/// of it.
int order(const client_options& client, const std::string& app,
          std::string_view path, const std::string& reason,
          std::string_view done) {
  admin_client daemon(client.admin);
  if (auto named = check_name(app, "application"); !named)
    return fail(named.error());
  auto answer
    = daemon.ask({.method = "POST",
                  .target = fmt::format("/v1/applications/{}/{}", app, path),
                  .fields = fields_with(reason)});
  if (!answer)
    return fail(answer.error());
  return finish(client.json ? *answer : fmt::format("{}: {}\n", app, done));
}

} // namespace

int status_command(const client_options& client, const std::string& app) {
  admin_client daemon(client.admin);
  if (!app.empty())
    if (auto named = check_name(app, "application"); !named)
      return fail(named.error());
  auto body = daemon.ask(
    {.target = app.empty() ? "/v1/applications" : "/v1/applications/" + app});
  if (!body)
    return fail(body.error());
  if (client.json)
    return finish(*body);
  if (app.empty()) {
    auto list = parse_status_list_json(*body);
    if (!list)
      return fail(list.error());
    auto text = render_list(*list, stdout_has_colours());
    if (auto node = daemon.ask({.target = "/v1/node"}))
      if (auto plane = parse_leadership_json(*node))
        text += render_leadership(*plane);
    return finish(text);
  }
  auto status = parse_status_json(*body);
  return status ? finish(render_application(*status, stdout_has_colours()))
                : fail(status.error());
}

int why_command(const client_options& client, const why_options& options) {
  admin_client daemon(client.admin);
  if (auto named = check_name(options.app, "application"); !named)
    return fail(named.error());
  auto body
    = daemon.ask({.target = "/v1/applications/" + options.app + "/decisions"});
  if (!body)
    return fail(body.error());
  auto decisions = parse_decisions_json(*body);
  if (!decisions)
    return fail(decisions.error());
  if (!client.json)
    return finish(render_decisions(*decisions, options.last));
  auto spare = decisions->size() - std::min<std::size_t>(options.last,
                                                         decisions->size());
  decisions->erase(decisions->begin(),
                   decisions->begin() + static_cast<std::ptrdiff_t>(spare));
  return finish(boost::json::serialize(to_json(*decisions)) + "\n");
}

int scale_command(const client_options& client, const scale_options& options) {
  admin_client daemon(client.admin);
  if (auto named = check_name(options.app, "application"); !named)
    return fail(named.error());
  // All are read before the first is carried out.
  std::vector<scale_target> targets;
  for (const auto& each : options.targets) {
    auto target = parse_scale_target(each);
    if (!target)
      return fail(target.error());
    targets.push_back(std::move(*target));
  }
  std::string output;
  for (const auto& each : targets) {
    auto body = fmt::format(R"({{"workers":{}}})", each.workers);
    auto answer
      = daemon.ask({.method = "POST",
                    .target = fmt::format("/v1/applications/{}/backends/{}/"
                                          "scale",
                                          options.app, each.backend),
                    .fields = fields_with(options.reason),
                    .body = body});
    if (!answer)
      return fail(answer.error());
    output = client.json ? *answer
                         : output
                             + fmt::format("{}: {} is to have {} workers\n",
                                           options.app, each.backend,
                                           each.workers);
  }
  return finish(output);
}

int delete_command(const client_options& client,
                   const delete_options& options) {
  admin_client daemon(client.admin);
  if (auto named = check_name(options.app, "application"); !named)
    return fail(named.error());
  auto answer = daemon.ask({.method = "DELETE",
                            .target = "/v1/applications/" + options.app,
                            .fields = fields_with(options.reason)});
  if (!answer)
    return fail(answer.error());
  return finish(client.json
                  ? fmt::format("{{\"deleted\":\"{}\"}}\n", options.app)
                  : fmt::format("{}: deleted\n", options.app));
}

int adopt_command(const client_options& client,
                  const orphan_options& options) {
  return order(client, options.app, "orphans/adopt", options.reason,
               "its orphans were adopted");
}

int discard_command(const client_options& client,
                    const orphan_options& options) {
  return order(client, options.app, "orphans/discard", options.reason,
               "its orphans were discarded");
}

int restart_app_master_command(const client_options& client,
                               const restart_options& options) {
  return order(client, options.app, "app_master/restart", options.reason,
               "its app_master was restarted");
}

} // namespace serval
