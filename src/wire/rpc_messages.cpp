#include "wire/rpc_messages.hpp"

#include "rpc_generated.h"
#include "wire/builder.hpp"
#include "wire/failure.hpp"
#include "wire/verified.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace serval {

namespace {

namespace fr = fbs::rpc;

// The root and its body.
constexpr std::uint32_t tables_max = 8;

std::optional<rpc_call_message> read(const fr::Call& table) {
  if (table.id() == 0 || table.priority() > fbs::Priority::MAX)
    return std::nullopt;
  rpc_call_message result;
  result.id = table.id();
  result.application = text_of(table.application());
  result.remaining = duration{table.remaining_ns()};
  result.priority = table.priority() == fbs::Priority::low ? priority::low
                                                           : priority::high;
  result.request_id = text_of(table.request_id());
  result.trace_parent = text_of(table.trace_parent());
  result.body = text_of(table.body());
  result.token = text_of(table.token());
  return result;
}

std::optional<rpc_reply_message> read(const fr::Reply& table) {
  rpc_reply_message result;
  if (table.id() == 0 || !from_failure(table.failure(), result.outcome.code))
    return std::nullopt;
  auto status = table.reject_status();
  bool rejected = result.outcome.code == errc::rejected;
  if (rejected ? (status < 400 || status > 499) : status != 0)
    return std::nullopt;
  result.id = table.id();
  result.outcome.reject_status = status;
  result.outcome.maybe_executed = table.maybe_executed();
  result.outcome.body = text_of(table.body());
  result.retry_after = std::chrono::milliseconds{table.retry_after_ms()};
  result.request_id = text_of(table.request_id());
  return result;
}

std::optional<rpc_cancel_message> read(const fr::Cancel& table) {
  return rpc_cancel_message{table.id()};
}

template <class Table>
result<rpc_message> read_body(const void* body) {
  auto message = read(*static_cast<const Table*>(body));
  if (!message)
    return malformed("its parts contradict each other");
  return rpc_message{*message};
}

std::uint32_t to_retry_after(std::chrono::milliseconds value) {
  using limits = std::numeric_limits<std::uint32_t>;
  return static_cast<std::uint32_t>(
    std::clamp<std::int64_t>(value.count(), 0, limits::max()));
}

template <class Table>
bytes_view finish(reused_builder& builder, fr::RpcBody type,
                  flatbuffers::Offset<Table> table) {
  auto root = fr::CreateRpcMessage(builder.get(), type, table.Union());
  return builder.finish(root, fr::RpcMessageIdentifier());
}

} // namespace

result<rpc_message> decode_rpc_message(bytes_view bytes) {
  std::string_view why;
  const auto* root = verified_root<fr::RpcMessage>(
    bytes, fr::RpcMessageIdentifier(), tables_max, why);
  if (root == nullptr)
    return malformed(why);
  switch (root->body_type()) {
    case fr::RpcBody::Call:
      return read_body<fr::Call>(root->body());
    case fr::RpcBody::Reply:
      return read_body<fr::Reply>(root->body());
    case fr::RpcBody::Cancel:
      return read_body<fr::Cancel>(root->body());
    case fr::RpcBody::NONE:
      break;
  }
  return malformed("its kind is unknown");
}

bytes_view rpc_encoder::encode(const rpc_call_message& message) {
  auto& builder = *builder_;
  builder.fresh();
  auto body = put_bytes(builder, message.body);
  auto application = put_required_text(builder, message.application);
  auto request_id = put_text(builder, message.request_id);
  auto trace_parent = put_text(builder, message.trace_parent);
  auto token = put_text(builder, message.token);
  auto urgency = message.priority == priority::low ? fbs::Priority::low
                                                   : fbs::Priority::high;
  return finish(
    builder, fr::RpcBody::Call,
    fr::CreateCall(builder.get(), message.id, application,
                   message.remaining.count(), urgency, request_id,
                   trace_parent, body, token));
}

bytes_view rpc_encoder::encode(const rpc_reply_message& message) {
  auto& builder = *builder_;
  builder.fresh();
  const auto& outcome = message.outcome;
  auto body = put_bytes(builder, outcome.body);
  auto request_id = put_text(builder, message.request_id);
  return finish(
    builder, fr::RpcBody::Reply,
    fr::CreateReply(builder.get(), message.id, to_failure(outcome.code),
                    outcome.reject_status, outcome.maybe_executed,
                    to_retry_after(message.retry_after), request_id, body));
}

bytes_view rpc_encoder::encode(const rpc_cancel_message& message) {
  auto& builder = *builder_;
  builder.fresh();
  return finish(builder, fr::RpcBody::Cancel,
                fr::CreateCancel(builder.get(), message.id));
}

bytes_view rpc_encoder::encode(const rpc_message& message) {
  return std::visit([this](const auto& body) { return encode(body); },
                    message);
}

} // namespace serval
