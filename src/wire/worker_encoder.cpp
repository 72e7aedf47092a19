#include "wire/worker_encoder.hpp"

#include "wire/batch_wire.hpp"
#include "wire/settings_wire.hpp"

namespace serval {

namespace {

namespace fw = fbs::worker;

using fw::WorkerBody;

/// A written alternative of the body union.
struct written_body {
  WorkerBody type;
  flatbuffers::Offset<void> offset;
};

template <class Table>
written_body body(WorkerBody type, flatbuffers::Offset<Table> table) {
  return {type, table.Union()};
}

written_body put(reused_builder& builder, const start_worker_message& message) {
  auto backend = put_required_text(builder, message.backend);
  auto path = put_text(builder, message.plugin_path);
  auto settings = put_settings(builder, message.settings);
  return body(WorkerBody::StartWorker,
              fw::CreateStartWorker(builder.get(), message.worker.value,
                                    backend, message.plugin_fd, path, settings,
                                    message.concurrency, message.queue,
                                    message.stack_bytes));
}

written_body put(reused_builder& builder, const stop_worker_message& message) {
  return body(WorkerBody::StopWorker,
              fw::CreateStopWorker(builder.get(), message.worker.value));
}

written_body put(reused_builder& builder, const call_batch_message& message) {
  return body(WorkerBody::CallBatch, put_call_batch(builder, message));
}

written_body put(reused_builder& builder, const cancel_calls_message& message) {
  auto calls = put_calls(builder, message.calls);
  return body(WorkerBody::CancelCalls,
              fw::CreateCancelCalls(builder.get(), calls));
}

written_body put(reused_builder& builder, const map_done_message& message) {
  auto bodies
    = put_bodies(builder, message.outcomes,
                 [](const outcome_view& outcome) { return outcome.body; });
  auto heads = put_heads<fw::OutcomeHead>(builder, message.outcomes, head_of);
  return body(
    WorkerBody::MapDone,
    fw::CreateMapDone(builder.get(), message.map.value, heads, bodies));
}

written_body put(reused_builder& builder, const reconfigure_message& message) {
  auto settings = put_settings(builder, message.settings);
  return body(
    WorkerBody::Reconfigure,
    fw::CreateReconfigure(builder.get(), message.worker.value, settings));
}

written_body put(reused_builder& builder, const check_health_message& message) {
  return body(WorkerBody::CheckHealth,
              fw::CreateCheckHealth(builder.get(), message.worker.value));
}

written_body put(reused_builder& builder, const worker_ping_message& message) {
  return body(WorkerBody::Ping, fw::CreatePing(builder.get(), message.number));
}

written_body put(reused_builder& builder,
                 const worker_started_message& message) {
  return body(WorkerBody::WorkerStarted,
              fw::CreateWorkerStarted(builder.get(), message.worker.value));
}

written_body put(reused_builder& builder,
                 const worker_failed_message& message) {
  auto text = put_required_text(builder, message.message);
  return body(
    WorkerBody::WorkerFailed,
    fw::CreateWorkerFailed(builder.get(), message.worker.value, text));
}

written_body put(reused_builder& builder,
                 const worker_stopped_message& message) {
  return body(WorkerBody::WorkerStopped,
              fw::CreateWorkerStopped(builder.get(), message.worker.value));
}

written_body put(reused_builder& builder, const result_batch_message& message) {
  return body(WorkerBody::ResultBatch, put_result_batch(builder, message));
}

written_body put(reused_builder& builder, const map_begin_message& message) {
  auto bodies = put_bodies(builder, message.pieces,
                           [](std::string_view piece) { return piece; });
  auto sizes = put_scalars<std::uint32_t>(
    builder, message.pieces, [](std::string_view piece) {
      return piece.size();
    });
  auto backend = put_required_text(builder, message.backend);
  return body(WorkerBody::MapBegin,
              fw::CreateMapBegin(builder.get(), message.map.value,
                                 message.call.value, backend,
                                 static_cast<fw::MapPolicy>(message.policy),
                                 message.quorum, message.best_by.count(),
                                 sizes, bodies));
}

written_body put(reused_builder& builder, const map_end_message& message) {
  return body(WorkerBody::MapEnd,
              fw::CreateMapEnd(builder.get(), message.map.value));
}

written_body put(reused_builder& builder, const reconfigured_message& message) {
  auto text = put_text(builder, message.message);
  return body(WorkerBody::Reconfigured,
              fw::CreateReconfigured(builder.get(), message.worker.value,
                                     message.ok, text));
}

written_body put(reused_builder& builder,
                 const health_report_message& message) {
  auto text = put_text(builder, message.message);
  return body(WorkerBody::HealthReport,
              fw::CreateHealthReport(builder.get(), message.worker.value,
                                     message.healthy, text));
}

written_body put(reused_builder& builder, const worker_log_message& message) {
  auto request_id = put_text(builder, message.request_id);
  auto text = put_required_text(builder, message.text);
  return body(WorkerBody::Log,
              fw::CreateLog(builder.get(), message.level, message.worker.value,
                            request_id, text));
}

written_body put(reused_builder& builder, const worker_pong_message& message) {
  auto running = put_heads<fw::RunningCall>(
    builder, message.running, [](const running_call& call) {
      return fw::RunningCall{call.call.value, call.running.count(),
                             call.progress};
    });
  return body(WorkerBody::Pong,
              fw::CreatePong(builder.get(), message.number, running));
}

written_body put(reused_builder& builder, const describe_plugin_message&) {
  return body(WorkerBody::DescribePlugin,
              fw::CreateDescribePlugin(builder.get()));
}

auto put_texts(reused_builder& builder,
               const std::vector<std::string_view>& texts) {
  std::vector<text_offset> offsets;
  offsets.reserve(texts.size());
  for (auto text : texts)
    offsets.push_back(put_required_text(builder, text));
  return builder.get().CreateVector(offsets);
}

written_body put(reused_builder& builder,
                 const plugin_description_message& message) {
  auto failure = put_text(builder, message.failure);
  auto sdk_version = put_text(builder, message.sdk_version);
  auto backends = put_texts(builder, message.backends);
  auto warnings = put_texts(builder, message.unload_warnings);
  return body(WorkerBody::PluginDescription,
              fw::CreatePluginDescription(builder.get(), failure, sdk_version,
                                          backends, warnings));
}

written_body put(reused_builder& builder, const confine_message& message) {
  auto read = put_texts(builder, message.read);
  return body(WorkerBody::Confine,
              fw::CreateConfine(builder.get(), message.strict, read,
                                message.memory_max_bytes));
}

} // namespace

template <class Message>
bytes_view worker_encoder::encode(const Message& message) {
  auto& builder = *builder_;
  builder.fresh();
  auto [type, offset] = put(builder, message);
  return builder.finish(fw::CreateWorkerMessage(builder.get(), type, offset),
                        fw::WorkerMessageIdentifier());
}

template <>
bytes_view worker_encoder::encode(const worker_message& message) {
  return std::visit([this](const auto& body) { return encode(body); },
                    message);
}

template bytes_view worker_encoder::encode(const start_worker_message&);
template bytes_view worker_encoder::encode(const stop_worker_message&);
template bytes_view worker_encoder::encode(const call_batch_message&);
template bytes_view worker_encoder::encode(const cancel_calls_message&);
template bytes_view worker_encoder::encode(const map_done_message&);
template bytes_view worker_encoder::encode(const reconfigure_message&);
template bytes_view worker_encoder::encode(const check_health_message&);
template bytes_view worker_encoder::encode(const worker_ping_message&);
template bytes_view worker_encoder::encode(const worker_started_message&);
template bytes_view worker_encoder::encode(const worker_failed_message&);
template bytes_view worker_encoder::encode(const worker_stopped_message&);
template bytes_view worker_encoder::encode(const result_batch_message&);
template bytes_view worker_encoder::encode(const map_begin_message&);
template bytes_view worker_encoder::encode(const map_end_message&);
template bytes_view worker_encoder::encode(const reconfigured_message&);
template bytes_view worker_encoder::encode(const health_report_message&);
template bytes_view worker_encoder::encode(const worker_log_message&);
template bytes_view worker_encoder::encode(const worker_pong_message&);
template bytes_view worker_encoder::encode(const describe_plugin_message&);
template bytes_view worker_encoder::encode(const plugin_description_message&);
template bytes_view worker_encoder::encode(const confine_message&);

} // namespace serval
