#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"

#include "control/history_json.hpp"
#include "node/backup.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <filesystem>

namespace serval {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

/// What was copied, for people or programs.
int report(const std::string& directory, const store_summary& copied,
           bool as_json, const std::string& text) {
  if (!as_json)
    return finish(fmt::format("{}: {} applications, {} changes, epoch {}\n",
                              text, copied.applications, copied.changes,
                              copied.epoch.value));
  auto shown = to_json(copied);
  shown["directory"] = directory;
  return finish(json::serialize(shown) + "\n");
}

} // namespace

int backup_command(const client_options& client,
                   const backup_options& options) {
  auto to = std::filesystem::absolute(options.directory).string();
  auto text = "backup in " + to;
  if (!options.data_dir.empty()) {
    auto made = make_backup(options.data_dir, to);
    return made ? report(to, *made, client.json, text) : fail(made.error());
  }
  auto body = admin_client(client.admin)
                .ask({.method = "POST",
                      .target = "/v1/backups",
                      .fields = {{"Content-Type", "application/json"}},
                      .body = json::serialize(json::object{{"directory", to}}),
                      .timeout = 10min});
  if (!body)
    return fail(body.error());
  if (client.json)
    return finish(*body);
  auto made = parse_summary_json(*body);
  return made ? report(to, *made, false, text) : fail(made.error());
}

int restore_command(const restore_options& options, bool as_json) {
  auto made = restore_backup(options.backup, options.data_dir);
  if (!made)
    return fail(made.error());
  return report(options.data_dir, *made, as_json,
                "restored into " + options.data_dir);
}

} // namespace serval
