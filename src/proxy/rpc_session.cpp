#include "proxy/rpc_session.hpp"

#include "proxy/http_chars.hpp"
#include "proxy/problem.hpp"
#include "proxy/request_fields.hpp"
#include "wire/remaining.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace serval {

namespace {

constexpr int client_closed_request = 499;

bool is_field_text(std::string_view text, std::size_t bytes_max) {
  return text.size() <= bytes_max && all_visible(text);
}

int status_of(const outcome_view& result) {
  if (result.ok())
    return 200;
  return result.code == errc::rejected ? result.reject_status
                                       : http_status_of(*result.code);
}

/// What the client may know of how the application ended its request. The
/// operator's part of a failure, such as a message of user code, stays here.
outcome_view told_to_client(const outcome& result) {
  outcome_view told{result};
  if (result.ok() || result.code == errc::rejected)
    return told;
  // 499 is for logs alone; a client that is still there is told to try again.
  if (http_status_of(*result.code) == client_closed_request)
    told.code = errc::unavailable;
  told.body = info(*told.code).sentence;
  return told;
}

} // namespace

rpc_session::rpc_session(rpc_ingress& ingress, sender send,
                         std::function<void()> on_broken)
  : ingress_(ingress),
    send_(std::move(send)),
    on_broken_(std::move(on_broken)) {
  // nop
}

rpc_session::~rpc_session() {
  // Nothing that `cancel` leads to may find the requests again.
  auto gone = std::exchange(open_, {});
  for (const auto& [id, request] : gone)
    cancelled(request);
}

result<void> rpc_session::receive(bytes_view bytes) {
  auto message = decode_rpc_message(bytes);
  if (!message)
    return message.error();
  if (const auto* call = std::get_if<rpc_call_message>(&*message))
    return on_call(*call);
  if (const auto* cancelled_call = std::get_if<rpc_cancel_message>(&*message)) {
    cancel(cancelled_call->id);
    return {};
  }
  return error{errc::bad_request, "the client sent a reply"};
}

/// What a call lacks that must show a token; empty if nothing.
std::string rpc_session::why_refused(const rpc_call_message& call) const {
  if (!ingress_.tokens || !ingress_.tokens->guards(call.application))
    return {};
  auto shown = call.token.empty() ? std::nullopt : std::optional{call.token};
  access_need need{token_scope::call, access_need::reach::one,
                   call.application};
  auto decision = ingress_.tokens->judge(shown, need);
  return decision.allowed() ? std::string{} : explain(decision.verdict, need);
}

result<void> rpc_session::on_call(const rpc_call_message& call) {
  if (open_.contains(call.id))
    return error{errc::bad_request,
                 "the client used the id of a call in progress again"};
  const auto* target = ingress_.table->find_application(call.application);
  auto refused = [&](errc code, std::string_view detail, std::string_view id) {
    refuse(call, target, code, detail, id);
    return result<void>{};
  };
  if (!is_field_text(call.request_id, max_request_id_bytes)
      || !is_field_text(call.trace_parent, max_trace_parent_bytes))
    return refused(errc::bad_request,
                   "request id and trace parent must be visible ASCII of at "
                   "most 128 and 512 characters",
                   {});
  auto request_id = call.request_id.empty() ? make_request_id(ingress_.random)
                                            : std::string{call.request_id};
  if (target == nullptr)
    return refused(errc::not_found,
                   "no application is called "
                     + std::string{call.application.substr(0, 200)},
                   request_id);
  if (auto why = why_refused(call); !why.empty())
    return refused(errc::unauthorized, why, request_id);
  if (ingress_.stopping)
    return refused(errc::unavailable, "the node is stopping", request_id);
  if (target->entry == nullptr)
    return refused(errc::no_worker, info(errc::no_worker).sentence,
                   request_id);
  if (call.body.size() > ingress_.settings.body_bytes)
    return refused(errc::body_too_large,
                   "the body may have "
                     + std::to_string(ingress_.settings.body_bytes) + " bytes",
                   request_id);
  if (open_.size() >= ingress_.settings.in_flight)
    return refused(errc::overload,
                   "this client has "
                     + std::to_string(ingress_.settings.in_flight)
                     + " calls in progress, which is the limit",
                   request_id);
  start(call, *target, std::move(request_id));
  return {};
}

void rpc_session::start(const rpc_call_message& call, const route& target,
                        std::string request_id) {
  auto now = ingress_.settings.now();
  auto& record = open_[call.id];
  record = {ingress_.table, &target, 0, request_id, now, call.body.size()};
  external_request request;
  request.body = call.body;
  request.context.request_id = std::move(request_id);
  request.context.trace_parent = call.trace_parent;
  request.context.deadline
    = call.remaining == duration::zero() ? now + target.deadline
                                         : deadline_after(now, call.remaining);
  request.context.priority = call.priority;
  ingress_.observer.request_started(target.application);
  auto ticket = target.entry->start(
    std::move(request),
    [this, id = call.id](outcome result) { finish(id, std::move(result)); });
  // 0 says that it is over already, and the record gone.
  if (ticket != 0)
    record.ticket = ticket;
}

void rpc_session::finish(std::uint64_t id, outcome result) {
  auto request = std::move(open_.extract(id).mapped());
  auto told = told_to_client(result);
  auto status = status_of(told);
  ingress_.observer.request_finished(
    request.target->application, status,
    ingress_.settings.now() - request.received_at);
  log(request, status, told.body.size());
  reply(id, told, request.request_id, result.retry_after);
}

void rpc_session::refuse(const rpc_call_message& call, const route* target,
                         errc code, std::string_view detail,
                         std::string_view request_id) {
  outcome_view told;
  told.code = code;
  told.body = detail;
  auto status = status_of(told);
  ingress_.observer.request_refused(
    target == nullptr ? std::string_view{} : target->application, status);
  open_request request;
  request.target = target;
  request.request_id = request_id;
  request.received_at = ingress_.settings.now();
  request.bytes_in = call.body.size();
  log(request, status, detail.size());
  reply(call.id, told, request_id);
}

void rpc_session::reply(std::uint64_t id, const outcome_view& told,
                        std::string_view request_id, retry_seconds wait) {
  rpc_reply_message message{id, told, {}, request_id};
  if (!told.ok() && http_status_of(*told.code) == 503)
    message.retry_after = std::max(wait, retry_soon);
  auto sent = send_(ingress_.encoder.encode(message), id);
  if (!sent && sent.error().code == errc::body_too_large) {
    message.outcome.code = errc::internal;
    message.outcome.reject_status = 0;
    message.outcome.body = "the answer is longer than the client takes";
    sent = send_(ingress_.encoder.encode(message), id);
  }
  if (!sent)
    on_broken_();
}

void rpc_session::cancel(std::uint64_t id) {
  // A reply may have crossed with it, so that an unknown id is no mistake.
  if (auto found = open_.extract(id))
    cancelled(found.mapped());
}

void rpc_session::cancelled(const open_request& request) {
  request.target->entry->cancel(request.ticket);
  ingress_.observer.request_finished(
    request.target->application, client_closed_request,
    ingress_.settings.now() - request.received_at);
  log(request, client_closed_request, 0);
}

void rpc_session::log(const open_request& request, int status,
                      std::uint64_t bytes_out) {
  if (ingress_.log == nullptr)
    return;
  access_record record;
  record.at = ingress_.settings.wall_now();
  record.method = "RPC";
  if (request.target != nullptr) {
    record.application = request.target->application;
    record.route = request.target->path;
  }
  record.status = status;
  record.latency = ingress_.settings.now() - request.received_at;
  record.request_id = request.request_id;
  record.bytes_in = request.bytes_in;
  record.bytes_out = bytes_out;
  ingress_.log->write(record);
}

} // namespace serval
