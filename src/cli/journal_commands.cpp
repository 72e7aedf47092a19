#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/journal_view.hpp"
#include "cli/output.hpp"
#include "cli/text_table.hpp"

#include "control/history_json.hpp"
#include "node/data_dir.hpp"
#include "store/rocksdb_inspection.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

namespace serval {

namespace {

namespace json = boost::json;

} // namespace

int history_command(const client_options& client, const std::string& app) {
  if (auto named = check_name(app, "application"); !named)
    return fail(named.error());
  auto body = admin_client(client.admin)
                .ask({.target = "/v1/applications/" + app + "/history"});
  if (!body)
    return fail(body.error());
  if (client.json)
    return finish(*body);
  auto history = parse_history_json(*body);
  return history ? finish(render_history(*history)) : fail(history.error());
}

int journal_dump_command(const journal_options& options, bool as_json) {
  std::string text;
  json::array journals;
  auto found = read_store(
    data_dir::store_in(options.data_dir), options.app,
    [&](const std::string& app, const journal& read) {
      if (as_json)
        journals.push_back(to_json(app, read, true));
      else
        text += fmt::format("{}{}: {} changes\n{}", text.empty() ? "" : "\n",
                            printable(app), read.last.value,
                            render_history(read));
    });
  if (as_json) {
    json::object all{{"intact", found.has_value()},
                     {"journals", std::move(journals)}};
    if (!found)
      all["problem"] = found.error().message;
    text = json::serialize(all) + "\n";
  }
  // What can be read is shown in any case.
  auto written = finish(text);
  return found ? written : fail(found.error());
}

int journal_verify_command(const journal_options& options, bool as_json) {
  auto found = verify_store(data_dir::store_in(options.data_dir));
  if (!found) {
    if (as_json)
      (void) finish(json::serialize(
                      json::object{{"intact", false},
                                   {"code", to_string(found.error().code)},
                                   {"problem", found.error().message}})
                    + "\n");
    return fail(found.error());
  }
  if (as_json) {
    auto shown = to_json(*found);
    shown["intact"] = true;
    return finish(json::serialize(shown) + "\n");
  }
  return finish(fmt::format(
    "{} is intact: {} applications, {} changes ({} kept), batch {}, epoch {}\n",
    options.data_dir, found->applications, found->changes, found->entries,
    found->batch, found->epoch.value));
}

} // namespace serval
