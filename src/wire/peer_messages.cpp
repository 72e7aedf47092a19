#include "wire/peer_messages.hpp"

#include "peer_generated.h"
#include "wire/batch_wire.hpp"
#include "wire/id_list.hpp"

#include <optional>

namespace serval {

namespace {

namespace fp = fbs::peer;

using fp::PeerBody;

// Long lists are vectors of structs, so that only contexts are tables.
constexpr std::uint32_t tables_max = 100'000;

// -- writing ------------------------------------------------------------------

/// A written alternative of the body union.
struct written_body {
  PeerBody type;
  flatbuffers::Offset<void> offset;
};

template <class Table>
written_body body(PeerBody type, flatbuffers::Offset<Table> table) {
  return {type, table.Union()};
}

written_body put(reused_builder& builder, const peer_open& message) {
  return body(PeerBody::Open,
              fp::CreateOpen(builder.get(),
                             static_cast<fp::Purpose>(message.purpose)));
}

written_body put(reused_builder& builder, const peer_attach& message) {
  auto app = put_required_text(builder, message.app);
  return body(PeerBody::Attach,
              fp::CreateAttach(builder.get(), message.attachment, app,
                               message.release.value));
}

written_body put(reused_builder& builder, const peer_detach& message) {
  return body(PeerBody::Detach,
              fp::CreateDetach(builder.get(), message.attachment));
}

written_body put(reused_builder& builder, const peer_calls& message) {
  auto batch = put_call_batch(builder, message.batch);
  return body(PeerBody::Calls,
              fp::CreateCalls(builder.get(), message.attachment, batch));
}

written_body put(reused_builder& builder, const peer_cancel& message) {
  auto calls = put_calls(builder, message.calls);
  return body(PeerBody::Cancel,
              fp::CreateCancel(builder.get(), message.attachment, calls));
}

written_body put(reused_builder& builder,
                 const peer_drain_acknowledged& message) {
  return body(PeerBody::DrainAcknowledged,
              fp::CreateDrainAcknowledged(builder.get(), message.attachment,
                                          message.worker.value));
}

written_body put(reused_builder& builder, const peer_worker_up& message) {
  auto backend = put_required_text(builder, message.backend);
  return body(PeerBody::WorkerUp,
              fp::CreateWorkerUp(builder.get(), message.attachment,
                                 message.worker.value, backend,
                                 message.concurrency));
}

written_body put(reused_builder& builder, const peer_worker_drain& message) {
  return body(PeerBody::WorkerDrain,
              fp::CreateWorkerDrain(builder.get(), message.attachment,
                                    message.worker.value));
}

written_body put(reused_builder& builder, const peer_worker_down& message) {
  auto started = message.started ? put_calls(builder, *message.started) : 0;
  return body(PeerBody::WorkerDown,
              fp::CreateWorkerDown(builder.get(), message.attachment,
                                   message.worker.value,
                                   message.started.has_value(), started));
}

written_body put(reused_builder& builder, const peer_results& message) {
  auto batch = put_result_batch(builder, message.batch);
  return body(PeerBody::Results,
              fp::CreateResults(builder.get(), message.attachment,
                                message.worker.value,
                                message.busy_per_call.count(), message.in_hand,
                                batch));
}

written_body put(reused_builder& builder, const peer_suspended& message) {
  return body(PeerBody::Suspended,
              fp::CreateSuspended(builder.get(), message.attachment,
                                  message.worker.value, message.change));
}

written_body put(reused_builder& builder, const peer_silence& message) {
  return body(PeerBody::Silence,
              fp::CreateSilence(builder.get(), message.attachment,
                                message.worker.value, message.silent));
}

// -- reading; each yields nothing if the message has no meaning ---------------

std::optional<peer_open> read(const fp::Open& table) {
  if (table.purpose() > fp::Purpose::MAX)
    return std::nullopt;
  return peer_open{static_cast<peer_purpose>(table.purpose())};
}

std::optional<peer_attach> read(const fp::Attach& table) {
  return peer_attach{table.attachment(), text_of(table.app()),
                     {table.release()}};
}

std::optional<peer_detach> read(const fp::Detach& table) {
  return peer_detach{table.attachment()};
}

std::optional<peer_calls> read(const fp::Calls& table) {
  auto batch = read_call_batch(*table.batch());
  if (!batch)
    return std::nullopt;
  return peer_calls{table.attachment(), *std::move(batch)};
}

std::optional<peer_cancel> read(const fp::Cancel& table) {
  return peer_cancel{table.attachment(), read_ids<call_id>(table.calls())};
}

std::optional<peer_drain_acknowledged>
read(const fp::DrainAcknowledged& table) {
  return peer_drain_acknowledged{table.attachment(), {table.worker()}};
}

std::optional<peer_worker_up> read(const fp::WorkerUp& table) {
  if (table.concurrency() == 0)
    return std::nullopt;
  return peer_worker_up{table.attachment(),
                        {table.worker()},
                        text_of(table.backend()),
                        table.concurrency()};
}

std::optional<peer_worker_drain> read(const fp::WorkerDrain& table) {
  return peer_worker_drain{table.attachment(), {table.worker()}};
}

std::optional<peer_worker_down> read(const fp::WorkerDown& table) {
  peer_worker_down result{table.attachment(), {table.worker()}, {}};
  if (table.is_known())
    result.started = read_ids<call_id>(table.started());
  return result;
}

std::optional<peer_results> read(const fp::Results& table) {
  auto batch = read_result_batch(*table.batch());
  if (!batch || table.busy_per_call_ns() < 0)
    return std::nullopt;
  return peer_results{table.attachment(), {table.worker()},
                      duration{table.busy_per_call_ns()}, table.in_hand(),
                      *std::move(batch)};
}

std::optional<peer_suspended> read(const fp::Suspended& table) {
  return peer_suspended{table.attachment(), {table.worker()}, table.change()};
}

std::optional<peer_silence> read(const fp::Silence& table) {
  return peer_silence{table.attachment(), {table.worker()}, table.silent()};
}

template <class Table>
result<peer_message> read_body(const void* body) {
  auto message = read(*static_cast<const Table*>(body));
  if (!message)
    return malformed("its parts contradict each other");
  return peer_message{*std::move(message)};
}

result<peer_message> read_body(PeerBody type, const void* body) {
  switch (type) {
#define SERVAL_READ_BODY(Name)                                                 \
  case PeerBody::Name:                                                         \
    return read_body<fp::Name>(body);
    SERVAL_READ_BODY(Open)
    SERVAL_READ_BODY(Attach)
    SERVAL_READ_BODY(Detach)
    SERVAL_READ_BODY(Calls)
    SERVAL_READ_BODY(Cancel)
    SERVAL_READ_BODY(DrainAcknowledged)
    SERVAL_READ_BODY(WorkerUp)
    SERVAL_READ_BODY(WorkerDrain)
    SERVAL_READ_BODY(WorkerDown)
    SERVAL_READ_BODY(Results)
    SERVAL_READ_BODY(Suspended)
    SERVAL_READ_BODY(Silence)
#undef SERVAL_READ_BODY
    case PeerBody::NONE:
      break;
  }
  return malformed("its kind is unknown");
}

} // namespace

result<peer_message> decode_peer_message(bytes_view bytes) {
  std::string_view why;
  const auto* root = verified_root<fp::PeerMessage>(
    bytes, fp::PeerMessageIdentifier(), tables_max, why);
  if (root == nullptr)
    return malformed(why);
  return read_body(root->body_type(), root->body());
}

template <class Message>
bytes_view peer_encoder::encode(const Message& message) {
  auto& builder = *builder_;
  builder.fresh();
  auto [type, offset] = put(builder, message);
  return builder.finish(fp::CreatePeerMessage(builder.get(), type, offset),
                        fp::PeerMessageIdentifier());
}

template <>
bytes_view peer_encoder::encode(const peer_message& message) {
  return std::visit([this](const auto& body) { return encode(body); },
                    message);
}

template bytes_view peer_encoder::encode(const peer_open&);
template bytes_view peer_encoder::encode(const peer_attach&);
template bytes_view peer_encoder::encode(const peer_detach&);
template bytes_view peer_encoder::encode(const peer_calls&);
template bytes_view peer_encoder::encode(const peer_cancel&);
template bytes_view peer_encoder::encode(const peer_drain_acknowledged&);
template bytes_view peer_encoder::encode(const peer_worker_up&);
template bytes_view peer_encoder::encode(const peer_worker_drain&);
template bytes_view peer_encoder::encode(const peer_worker_down&);
template bytes_view peer_encoder::encode(const peer_results&);
template bytes_view peer_encoder::encode(const peer_suspended&);
template bytes_view peer_encoder::encode(const peer_silence&);

} // namespace serval
