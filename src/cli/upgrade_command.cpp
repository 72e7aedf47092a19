#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <filesystem>

namespace serval {

namespace {

namespace json = boost::json;

/// Longer than a new daemon may ever take.
constexpr duration patience = std::chrono::minutes{6};

} // namespace

int upgrade_command(const client_options& client, const node_options& options) {
  json::object order;
  if (!options.new_binary.empty())
    order["binary"] = std::filesystem::absolute(options.new_binary).string();
  if (!options.upgrade_timeout.empty())
    order["timeout"] = options.upgrade_timeout;
  auto body = admin_client(client.admin)
                .ask({.method = "POST",
                      .target = "/v1/node/upgrade",
                      .fields = {{"Content-Type", "application/json"}},
                      .body = json::serialize(order),
                      .timeout = patience});
  if (!body)
    return fail(body.error());
  if (client.json)
    return finish(*body);
  boost::system::error_code failed;
  auto answer = json::parse(*body, failed);
  if (failed || !answer.is_object())
    return fail({errc::internal, "the daemon's answer cannot be read"});
  auto& what = answer.get_object();
  return finish(fmt::format("process {}, version {}, serves now\n",
                            what["pid"].to_number<std::int64_t>(failed),
                            what["version"].is_string()
                              ? std::string{what["version"].get_string()}
                              : "unknown"));
}

} // namespace serval
