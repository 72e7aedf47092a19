#include "control/control_api.hpp"

#include "auth/bearer_token.hpp"
#include "base/sha256.hpp"
#include "control/access_rules.hpp"
#include "control/decision_json.hpp"
#include "control/history_json.hpp"
#include "control/leadership_json.hpp"
#include "control/node_json.hpp"
#include "control/openapi.hpp"
#include "control/request_rules.hpp"
#include "control/status_json.hpp"
#include "proxy/problem.hpp"
#include "proxy/token_check.hpp"
#include "spec/document_reader.hpp"
#include "spec/json_document.hpp"
#include "spec/spec_json.hpp"
#include "spec/spec_validate.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

namespace serval {

namespace {

namespace json = boost::json;

http_response problem_of(const error& what) {
  // A 401 would promise that a token helps.
  if (what.code == errc::unauthorized)
    return make_problem(403, "forbidden", what.message);
  return make_problem(what.code, what.message);
}

http_response text(std::string_view type, std::string body) {
  http_response response;
  response.content_type = type;
  response.body = std::move(body);
  return response;
}

http_response json_answer(int status, const json::value& body) {
  auto response = text("application/json", json::serialize(body) + "\n");
  response.status = status;
  return response;
}

http_response empty_answer(int status) {
  http_response response;
  response.status = status;
  return response;
}

/// A status with what only the data plane knows.
json::object show(app_status status, const control_services::count& ejected) {
  for (auto& each : status.backends)
    if (auto count = ejected(status.name, each.name); count > 0)
      each.message += fmt::format(
        "{}{} of its workers get no calls, as they are silent, slow or failing "
        "beside the others; they are tried again",
        each.message.empty() ? "" : "; ", count);
  return to_json(status);
}

// Replies may come when the API is gone: they keep what they need.

/// Answers a command with the status that it led to.
control_plane::reply<app_status> status_reply(int status,
                                              control_services::count ejected,
                                              control_api::reply on_reply) {
  return [status, ejected = std::move(ejected),
          on_reply = std::move(on_reply)](result<app_status> done) {
    on_reply(done ? json_answer(status, show(std::move(*done), ejected))
                  : problem_of(done.error()));
  };
}

/// Adds on which nodes the workers are.
control_plane::reply<app_status>
with_nodes(decltype(control_services::find_workers) find,
           control_plane::reply<app_status> next) {
  return [find = std::move(find),
          next = std::move(next)](result<app_status> done) {
    if (!done)
      return next(std::move(done));
    auto app = done->name;
    find(app, [next, status = std::move(*done)](
                std::map<worker_id, std::string> nodes) mutable {
      for (auto& backend : status.backends)
        for (auto& worker : backend.workers)
          worker.node = std::move(nodes[worker.id]);
      next(std::move(status));
    });
  };
}

/// Lists the applications that a token is good for.
control_plane::reply<std::vector<app_status>>
list_reply(token_table_ptr tokens, std::string who,
           control_services::count ejected, control_api::reply on_reply) {
  return [tokens = std::move(tokens), who = std::move(who),
          ejected = std::move(ejected), on_reply = std::move(on_reply)](
           result<std::vector<app_status>> done) {
    if (!done)
      return on_reply(problem_of(done.error()));
    json::array list;
    for (auto& each : *done)
      if (!tokens || tokens->covers(who, each.name))
        list.push_back(show(std::move(each), ejected));
    on_reply(json_answer(200, {{"applications", std::move(list)}}));
  };
}

error no_application(std::string_view name) {
  return {errc::not_found, fmt::format("there is no application \"{}\"", name)};
}

/// Reads a body with this one member.
template <class T>
result<T> read_member(std::string_view body, std::string_view key) {
  constexpr std::string_view what = "the body";
  auto document = parse_json_object(body, what);
  if (!document)
    return document.error();
  problem_list problems;
  document_reader in(*document, "", problems);
  T value{};
  if (!in.read(key, value) && problems.empty())
    in.reject(key, "is missing");
  in.finish();
  if (!problems.empty()) {
    for (auto& each : problems)
      each.where.clear();
    return to_error(problems, what);
  }
  return value;
}

struct upgrade_request {
  std::string binary;
  duration patience = std::chrono::minutes{1};
};

result<upgrade_request> read_upgrade(std::string_view body) {
  constexpr std::string_view what = "the body";
  auto document = parse_json_object(body, what);
  if (!document)
    return document.error();
  upgrade_request out;
  problem_list problems;
  document_reader in(*document, "", problems);
  if (in.read("binary", out.binary) && !out.binary.starts_with('/'))
    in.reject("binary", "must be an absolute path on this node's machine");
  if (in.read("timeout", out.patience)
      && (out.patience < std::chrono::seconds{1}
          || out.patience > std::chrono::minutes{5}))
    in.reject("timeout", "must be 1s to 5m");
  in.finish();
  if (problems.empty())
    return out;
  for (auto& each : problems)
    each.where.clear();
  return to_error(problems, what);
}

} // namespace

control_api::control_api(control_services services)
  : services_(std::move(services)) {
  // nop
}

void control_api::use(token_table_ptr tokens) {
  tokens_ = std::move(tokens);
}

std::optional<http_response>
control_api::refuse(const request_head& head) const {
  std::string who;
  return refuse(head, match_route(head.method, head.path), who);
}

std::optional<http_response> control_api::refuse(const request_head& head,
                                                 const route_match& match,
                                                 std::string& who) const {
  if (auto allowed = check_sender(head, tokens_ != nullptr); !allowed)
    return problem_of(allowed.error());
  if (has_token(head.query))
    return problem_of({errc::bad_request,
                       "a token does not belong into a URL, which is logged "
                       "on its way; send it in an Authorization field"});
  auto need = need_of(match);
  if (!tokens_ || !need)
    return std::nullopt;
  auto checked = check_token(*tokens_, head, *need);
  who = std::move(checked.who);
  return std::move(checked.refusal);
}

std::optional<http_response>
control_api::refuse(const request_head& head, const access_need& need) const {
  if (!tokens_)
    return std::nullopt;
  return check_token(*tokens_, head, need).refusal;
}

void control_api::handle(http_request& request, reply on_reply) {
  const auto& head = request.head;
  auto match = match_route(head.method, head.path);
  std::string who;
  if (auto refusal = refuse(head, match, who))
    return on_reply(std::move(*refusal));
  if (match.allow.empty())
    return on_reply(problem_of(
      {errc::not_found, "there is nothing here; see /v1/openapi.json"}));
  if (!match.operation) {
    auto response = problem_of(
      {errc::method_not_allowed, fmt::format("allowed are {}", match.allow)});
    response.fields.push_back({"Allow", match.allow});
    return on_reply(std::move(response));
  }
  if (auto formed = check_form(request, *match.operation); !formed)
    return on_reply(problem_of(formed.error()));
  dispatch(request, match, std::move(who), std::move(on_reply));
}

void control_api::dispatch(http_request& request, const route_match& match,
                           std::string who, reply on_reply) {
  using op = control_operation;
  auto header = read_command_header(request.head);
  if (!header)
    return on_reply(problem_of(header.error()));
  if (header->operation_id.empty())
    header->operation_id = services_.make_operation_id();
  if (!who.empty())
    header->who = who;
  auto app = std::string{match.parameters[0]};
  switch (*match.operation) {
    case op::health:
      return on_reply(text("text/plain", "ok\n"));
    case op::readiness:
      return on_reply(readiness());
    case op::metrics:
      return on_reply(
        text("text/plain; version=0.0.4", services_.metrics()));
    case op::openapi:
      return on_reply(text("application/json", std::string{openapi_json()}));
    case op::node:
      return on_reply(node());
    case op::find_artifact:
      return find_artifact(app, std::move(on_reply));
    case op::put_artifact:
      return put_artifact(request, app, std::move(on_reply));
    case op::list_applications:
      return services_.plane.list(list_reply(
        tokens_, std::move(who), services_.ejected, std::move(on_reply)));
    case op::deploy:
      return deploy(request, std::move(*header), std::move(on_reply));
    case op::get_application:
      if (!is_valid_name(app))
        return on_reply(problem_of(no_application(app)));
      return services_.plane.status(
        app, with_nodes(services_.find_workers,
                        status_reply(200, services_.ejected, on_reply)));
    case op::list_decisions:
      if (!is_valid_name(app))
        return on_reply(problem_of(no_application(app)));
      return services_.plane.explain(
        app, [on_reply](const result<std::vector<decision>>& done) {
          on_reply(done ? json_answer(200, to_json(*done))
                        : problem_of(done.error()));
        });
    case op::delete_application:
      if (!is_valid_name(app))
        return on_reply(problem_of(no_application(app)));
      return services_.plane.remove(
        std::move(*header), app, [on_reply](result<void> done) {
          on_reply(done ? empty_answer(204) : problem_of(done.error()));
        });
    case op::scale:
      return scale(request, match, std::move(*header), std::move(on_reply));
    case op::adopt_orphans:
      if (!is_valid_name(app))
        return on_reply(problem_of(no_application(app)));
      return services_.plane.adopt(
        std::move(*header), app,
        status_reply(202, services_.ejected, on_reply));
    case op::discard_orphans:
      if (!is_valid_name(app))
        return on_reply(problem_of(no_application(app)));
      return services_.plane.discard(
        std::move(*header), app,
        status_reply(202, services_.ejected, on_reply));
    case op::restart_app_master:
      if (!is_valid_name(app))
        return on_reply(problem_of(no_application(app)));
      return services_.plane.restart_app_master(
        std::move(*header), app,
        status_reply(200, services_.ejected, on_reply));
    case op::history:
      return history(std::move(app), std::move(on_reply));
    case op::back_up:
      return back_up(request, std::move(on_reply));
    case op::list_nodes:
      return list_nodes(std::move(on_reply));
    case op::drain_node:
    case op::undrain_node:
      return drain_node(app, *match.operation == op::drain_node,
                        std::move(on_reply));
    case op::upgrade_node:
      return upgrade(request, std::move(on_reply));
  }
}

void control_api::deploy(http_request& request, command_header header,
                         reply on_reply) {
  auto spec = parse_spec_json(request.body);
  if (!spec)
    return on_reply(problem_of(spec.error()));
  if (auto refusal = refuse(request.head, {token_scope::deploy,
                                           access_need::reach::one,
                                           spec->name}))
    return on_reply(std::move(*refusal));
  if (spec->plugin_sha256.empty())
    return on_reply(problem_of(
      {errc::bad_request,
       "plugin_sha256 is missing: upload the plugin first, with PUT "
       "/v1/artifacts/SHA256"}));
  services_.run_blocking([this, header = std::move(header),
                          spec = std::move(*spec),
                          on_reply = std::move(on_reply)]() mutable {
    if (!services_.artifacts.use(spec.plugin_sha256))
      return on_reply(problem_of(
        {errc::conflict,
         fmt::format("there is no artifact {}: upload the plugin first",
                     spec.plugin_sha256)}));
    services_.plane.deploy(std::move(header), std::move(spec),
                           status_reply(202, services_.ejected,
                                        std::move(on_reply)));
  });
}

void control_api::scale(http_request& request, const route_match& match,
                        command_header header, reply on_reply) {
  auto app = std::string{match.parameters[0]};
  auto backend = std::string{match.parameters[1]};
  if (!is_valid_name(app))
    return on_reply(problem_of(no_application(app)));
  if (!is_valid_name(backend))
    return on_reply(problem_of(
      {errc::not_found, fmt::format("there is no backend \"{}\"", backend)}));
  auto workers = read_member<std::uint32_t>(request.body, "workers");
  if (workers && (*workers < 1 || *workers > workers_max))
    workers = error{errc::bad_request,
                    fmt::format("workers must be 1 to {}, is {}", workers_max,
                                *workers)};
  if (!workers)
    return on_reply(problem_of(workers.error()));
  services_.plane.scale(std::move(header), std::move(app), std::move(backend),
                        *workers, status_reply(202, services_.ejected,
                                               std::move(on_reply)));
}

void control_api::put_artifact(http_request& request, std::string_view sha256,
                               reply on_reply) {
  if (!is_sha256_hex(sha256))
    return on_reply(problem_of(
      {errc::bad_request,
       "an artifact is named by 64 lower-case hex digits, its SHA-256"}));
  services_.run_blocking([this, name = std::string{sha256},
                          bytes = std::move(request.body),
                          on_reply = std::move(on_reply)] {
    auto kept = services_.artifacts.has(name)
                  ? result<void>{}
                  : services_.make_room(bytes.size());
    if (kept)
      kept = services_.artifacts.put(name, bytes);
    on_reply(kept ? json_answer(200, {{"sha256", name}, {"size", bytes.size()}})
                  : problem_of(kept.error()));
  });
}

void control_api::history(std::string app, reply on_reply) {
  if (!is_valid_name(app))
    return on_reply(problem_of(no_application(app)));
  services_.run_blocking([this, app = std::move(app),
                          on_reply = std::move(on_reply)] {
    auto found = services_.read_journal(app);
    if (found && found->last == sequence{})
      found = no_application(app);
    on_reply(found ? json_answer(200, to_json(app, *found))
                   : problem_of(found.error()));
  });
}

void control_api::back_up(const http_request& request, reply on_reply) {
  auto directory = read_member<std::string>(request.body, "directory");
  if (directory && !directory->starts_with('/'))
    directory = error{errc::bad_request,
                      "directory must be an absolute path on this node's "
                      "machine"};
  if (!directory)
    return on_reply(problem_of(directory.error()));
  services_.run_blocking([this, to = std::move(*directory),
                          on_reply = std::move(on_reply)] {
    auto made = services_.back_up(to);
    if (!made)
      return on_reply(problem_of(made.error()));
    auto answer = to_json(*made);
    answer["directory"] = to;
    on_reply(json_answer(200, answer));
  });
}

void control_api::find_artifact(std::string_view sha256, reply on_reply) {
  services_.run_blocking([this, name = std::string{sha256},
                          on_reply = std::move(on_reply)] {
    auto found = is_sha256_hex(name) && services_.artifacts.use(name);
    on_reply(found ? empty_answer(204)
                   : problem_of({errc::not_found, "no such artifact"}));
  });
}

void control_api::list_nodes(reply on_reply) const {
  services_.list_nodes(
    [on_reply = std::move(on_reply)](result<std::vector<node_status>> nodes) {
      on_reply(nodes ? json_answer(200, to_json(*nodes))
                     : problem_of(nodes.error()));
    });
}

void control_api::drain_node(std::string_view node, bool on,
                             reply on_reply) const {
  services_.drain_node(
    std::string{node}, on, [on_reply = std::move(on_reply)](result<void> done) {
      on_reply(done ? empty_answer(204) : problem_of(done.error()));
    });
}

void control_api::upgrade(const http_request& request,
                          reply on_reply) const {
  auto order = read_upgrade(request.body);
  if (!order)
    return on_reply(problem_of(order.error()));
  services_.upgrade(std::move(order->binary), order->patience,
                    [on_reply = std::move(on_reply)](result<upgraded> done) {
                      on_reply(done ? json_answer(200,
                                                  {{"pid", done->pid},
                                                   {"version", done->version}})
                                    : problem_of(done.error()));
                    });
}

http_response control_api::node() const {
  auto info = services_.node();
  return json_answer(200, {{"name", info.name},
                           {"version", info.version},
                           {"http", info.http},
                           {"rpc", info.rpc},
                           {"admin", info.admin},
                           {"pid", info.pid},
                           {"uptime_seconds", info.uptime.count()},
                           {"control_plane", to_json(info.control_plane)}});
}

http_response control_api::readiness() const {
  if (auto why = services_.why_not_ready())
    return problem_of({errc::unavailable, *why});
  auto plane = services_.node().control_plane;
  return text("text/plain",
              fmt::format("ready, {}{}{}\n", to_string(plane.role),
                          plane.reason.empty() ? "" : ": ", plane.reason));
}

} // namespace serval
