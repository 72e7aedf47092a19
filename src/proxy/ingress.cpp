#include "proxy/ingress.hpp"

#include "base/assert.hpp"
#include "proxy/problem.hpp"
#include "proxy/token_check.hpp"

#include <utility>

namespace serval {

namespace {

/// `OPTIONS *` asks what the server as a whole can do.
http_response to_server_options(std::string request_id) {
  http_response result;
  result.status = 204;
  result.request_id = std::move(request_id);
  return result;
}

/// The client's own, or a new one.
std::string request_id_of(result<request_fields>& fields,
                          random_source& random) {
  return fields && !fields->request_id.empty() ? std::move(fields->request_id)
                                               : make_request_id(random);
}

} // namespace

/// A request between its start and its outcome.
struct ingress::open_request {
  ingress* owner = nullptr;
  http_exchange* exchange = nullptr;
  std::shared_ptr<const routing_table> table; ///< Keeps `target` alive.
  const route* target = nullptr;
  request_entry::ticket ticket = 0;
  std::string request_id;
  std::uint64_t bytes_in = 0;
};

ingress::ingress(const ingress_settings& settings, request_observer& observer,
                 access_log* log)
  : settings_(settings),
    observer_(observer),
    log_(log),
    random_(settings.seed),
    table_(std::make_shared<routing_table>()) {
  SERVAL_ASSERT(settings.now != nullptr && settings.wall_now != nullptr);
}

ingress::~ingress() {
  SERVAL_ASSERT(free_.size() == records_.size());
  tick();
}

void ingress::use(std::shared_ptr<const routing_table> table) {
  table_ = std::move(table);
}

void ingress::use(token_table_ptr tokens) {
  tokens_ = tokens && tokens->guards_some() ? std::move(tokens) : nullptr;
}

std::optional<http_response>
ingress::refuse(const request_head& head, const route& target,
                const std::string& request_id) const {
  if (!tokens_->guards(target.application))
    return std::nullopt;
  return check_token(*tokens_, head,
                     {token_scope::call, access_need::reach::one,
                      target.application},
                     request_id)
    .refusal;
}

std::optional<http_response> ingress::refuse(const request_head& head) {
  const auto* target = tokens_ ? table_->find(head.path) : nullptr;
  if (target == nullptr)
    return std::nullopt;
  auto fields = read_request_fields(head);
  auto answer = refuse(head, *target, request_id_of(fields, random_));
  if (answer) {
    observer_.request_refused(target->application, answer->status);
    log(head, target, answer->status, {}, answer->request_id, 0,
        answer->body.size());
  }
  return answer;
}

void ingress::handle(http_exchange& exchange) {
  auto& head = exchange.request().head;
  auto fields = read_request_fields(head);
  auto request_id = request_id_of(fields, random_);
  const auto* target = table_->find(head.path);
  auto problem = [&](errc code, std::string_view detail) {
    return make_problem(code, detail, std::move(request_id));
  };
  if (!fields)
    return answer_early(exchange, target, problem(fields.error().code,
                                                  fields.error().message));
  if (head.path == "*")
    return answer_early(exchange, nullptr,
                        to_server_options(std::move(request_id)));
  if (target == nullptr)
    return answer_early(exchange, target,
                        problem(errc::not_found,
                                "no application has this path"));
  if (tokens_)
    if (auto refusal = refuse(head, *target, request_id))
      return answer_early(exchange, target, std::move(*refusal));
  if (!allows(*target, head.method)) {
    auto response = problem(errc::method_not_allowed, {});
    response.fields.push_back({"allow", allow_field(*target)});
    return answer_early(exchange, target, std::move(response));
  }
  if (target->entry == nullptr)
    return answer_early(exchange, target, problem(errc::no_worker, {}));
  auto& record = take_record();
  record.exchange = &exchange;
  record.table = table_;
  record.target = target;
  record.request_id = request_id;
  start(record, std::move(*fields), std::move(request_id));
}

void ingress::start(open_request& record, request_fields fields,
                    std::string request_id) {
  auto& incoming = record.exchange->request();
  record.bytes_in = incoming.body.size();
  record.exchange->handler_state = &record;
  external_request request;
  request.body = std::move(incoming.body);
  request.context.request_id = std::move(request_id);
  request.context.trace_parent = std::move(fields.trace_parent);
  request.context.deadline
    = incoming.received_at + fields.timeout.value_or(record.target->deadline);
  request.context.priority = fields.priority;
  observer_.request_started(record.target->application);
  // A pointer fits into the function without an allocation.
  auto on_reply = [&record](outcome result) {
    record.owner->finish(record, std::move(result));
  };
  auto ticket = record.target->entry->start(std::move(request), on_reply);
  // 0 says that it is over already, and the record may be another's.
  if (ticket != 0)
    record.ticket = ticket;
}

void ingress::finish(open_request& record, outcome result) {
  auto& exchange = *record.exchange;
  auto worker = result.worker;
  auto response = to_response(std::move(result), std::move(record.request_id));
  if (settings_.worker_header && worker)
    response.fields.push_back({"x-serval-worker",
                               std::to_string(worker.value)});
  auto latency = settings_.now() - exchange.request().received_at;
  observer_.request_finished(record.target->application, response.status,
                             latency);
  log(exchange.request().head, record.target, response.status, latency,
      response.request_id, record.bytes_in, response.body.size());
  give_back(record);
  exchange.respond(std::move(response));
}

void ingress::answer_early(http_exchange& exchange, const route* target,
                           http_response response) {
  observer_.request_refused(
    target == nullptr ? std::string_view{} : target->application,
    response.status);
  auto& request = exchange.request();
  log(exchange.request().head, target, response.status,
      settings_.now() - request.received_at, response.request_id,
      request.body.size(), response.body.size());
  exchange.respond(std::move(response));
}

void ingress::client_gone(http_exchange& exchange) {
  constexpr int client_closed_request = 499;
  auto& record = *static_cast<open_request*>(exchange.handler_state);
  record.target->entry->cancel(record.ticket);
  auto latency = settings_.now() - exchange.request().received_at;
  observer_.request_finished(record.target->application, client_closed_request,
                             latency);
  log(exchange.request().head, record.target, client_closed_request, latency,
      record.request_id, record.bytes_in, 0);
  give_back(record);
}

void ingress::refused(int status, std::string_view) {
  observer_.request_refused({}, status);
  if (log_ == nullptr)
    return;
  access_record record;
  record.at = settings_.wall_now();
  record.status = status;
  log_->write(record);
}

void ingress::shed(shed_reason why) {
  observer_.connection_shed(why);
}

void ingress::tick() {
  if (log_ != nullptr)
    log_->flush();
}

void ingress::log(const request_head& head, const route* target, int status,
                  duration latency, std::string_view request_id,
                  std::uint64_t bytes_in, std::uint64_t bytes_out) {
  if (log_ == nullptr)
    return;
  access_record record;
  record.at = settings_.wall_now();
  record.method = head.method;
  if (target != nullptr) {
    record.application = target->application;
    record.route = target->path;
  }
  record.status = status;
  record.latency = latency;
  record.request_id = request_id;
  record.bytes_in = bytes_in;
  record.bytes_out = bytes_out;
  log_->write(record);
}

ingress::open_request& ingress::take_record() {
  if (free_.empty()) {
    records_.push_back(std::make_unique<open_request>());
    records_.back()->owner = this;
    free_.push_back(records_.back().get());
  }
  auto& record = *free_.back();
  free_.pop_back();
  return record;
}

void ingress::give_back(open_request& record) {
  record.exchange->handler_state = nullptr;
  record.exchange = nullptr;
  record.table.reset();
  record.target = nullptr;
  record.ticket = 0;
  free_.push_back(&record);
}

} // namespace serval
