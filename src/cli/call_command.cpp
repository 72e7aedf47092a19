#include "cli/admin_client.hpp"
#include "cli/call_data.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/rpc_call.hpp"
#include "cli/text_table.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

namespace serval {

namespace {

using namespace std::chrono_literals;

/// How long to wait for an answer whose deadline only the application knows.
constexpr duration patience = 1h;

/// What is given to the server to answer, before the client gives up.
constexpr duration grace = 5s;

bool is_success(int status) {
  return status >= 200 && status < 300;
}

result<call_answer> call_over_http(const http_peer& server,
                                   const std::string& route,
                                   std::string_view body,
                                   const call_options& options) {
  http_call call{.method = options.method,
                 .target = route,
                 .fields
                 = {{"Content-Type", std::string{guess_content_type(body)}}},
                 .body = body,
                 .timeout = patience};
  if (options.timeout) {
    auto seconds = std::chrono::duration<double>(*options.timeout).count();
    call.fields.emplace_back("X-Request-Timeout-Seconds",
                             fmt::format("{:.6f}", seconds));
    call.timeout = *options.timeout + grace;
  }
  auto answer = perform(server, call);
  if (!answer)
    return answer.error();
  call_answer got{answer->status, std::string{answer->field("x-request-id")},
                  answer->body, {}};
  if (!is_success(answer->status))
    got.trouble = to_error(*answer, server.address).message;
  return got;
}

int report(const client_options& client, const call_answer& answer) {
  std::string output = answer.body;
  if (client.json)
    output = boost::json::serialize(
               boost::json::object{{"status", answer.status},
                                   {"request_id", answer.request_id},
                                   {"body", answer.body}})
             + "\n";
  auto written = finish(output);
  auto line = fmt::format("status {}", answer.status);
  if (!answer.request_id.empty())
    line += fmt::format(", request id {}", answer.request_id);
  write_stderr(printable(line) + "\n");
  if (is_success(answer.status))
    return written;
  return fail({errc::internal, answer.trouble});
}

} // namespace

int call_command(const client_options& client, const call_options& options) {
  if (auto named = check_name(options.app, "application"); !named)
    return fail(named.error());
  auto body = read_call_data(options.data);
  if (!body)
    return fail(body.error());
  admin_client daemon(client.admin);
  auto status = daemon.status(options.app);
  if (!status)
    return fail(status.error());
  if (status->route.empty())
    return fail({errc::unavailable, fmt::format("{} does not serve: {}",
                                                status->name,
                                                status->message)});
  auto endpoints = daemon.endpoints();
  if (!endpoints)
    return fail(endpoints.error());
  auto server = client.admin;
  server.address = options.rpc ? endpoints->rpc : endpoints->http;
  auto answer = options.rpc
                  ? call_over_rpc(server, options.app, *body, options.timeout)
                  : call_over_http(server, status->route, *body, options);
  return answer ? report(client, *answer) : fail(answer.error());
}

} // namespace serval
