#include "wire/worker_decoder.hpp"

#include "wire/batch_wire.hpp"
#include "wire/id_list.hpp"
#include "wire/settings_wire.hpp"

#include <optional>

namespace serval {

namespace {

namespace fw = fbs::worker;

// Long lists are vectors of structs, so that only settings and contexts are
// tables.
constexpr std::uint32_t tables_max = 100'000;

// Each `read` yields nothing if the message has no meaning.

std::optional<start_worker_message> read(const fw::StartWorker& table) {
  start_worker_message result;
  if (!read_settings(table.settings(), result.settings))
    return std::nullopt;
  result.worker = {table.worker()};
  result.backend = text_of(table.backend());
  result.plugin_fd = table.plugin_fd();
  result.plugin_path = text_of(table.plugin_path());
  result.concurrency = table.concurrency();
  result.queue = table.queue();
  result.stack_bytes = table.stack_bytes();
  return result;
}

std::optional<stop_worker_message> read(const fw::StopWorker& table) {
  return stop_worker_message{{table.worker()}};
}

std::optional<call_batch_message> read(const fw::CallBatch& table) {
  return read_call_batch(table);
}

std::optional<cancel_calls_message> read(const fw::CancelCalls& table) {
  return cancel_calls_message{read_ids<call_id>(table.calls())};
}

std::optional<map_done_message> read(const fw::MapDone& table) {
  map_done_message result;
  if (!is_aligned(table.outcomes()))
    return std::nullopt;
  result.map = {table.map()};
  body_reader bodies{table.bodies()};
  result.outcomes.reserve(size_of(table.outcomes()));
  if (table.outcomes() != nullptr) {
    for (const auto* head : *table.outcomes()) {
      auto outcome = read_outcome(*head, bodies);
      if (!outcome)
        return std::nullopt;
      result.outcomes.push_back(*outcome);
    }
  }
  if (!bodies.empty())
    return std::nullopt;
  return result;
}

std::optional<reconfigure_message> read(const fw::Reconfigure& table) {
  reconfigure_message result;
  if (!read_settings(table.settings(), result.settings))
    return std::nullopt;
  result.worker = {table.worker()};
  return result;
}

std::optional<check_health_message> read(const fw::CheckHealth& table) {
  return check_health_message{{table.worker()}};
}

std::optional<worker_ping_message> read(const fw::Ping& table) {
  return worker_ping_message{table.number()};
}

std::optional<worker_started_message> read(const fw::WorkerStarted& table) {
  return worker_started_message{{table.worker()}};
}

std::optional<worker_failed_message> read(const fw::WorkerFailed& table) {
  return worker_failed_message{{table.worker()}, text_of(table.message())};
}

std::optional<worker_stopped_message> read(const fw::WorkerStopped& table) {
  return worker_stopped_message{{table.worker()}};
}

std::optional<result_batch_message> read(const fw::ResultBatch& table) {
  return read_result_batch(table);
}

std::optional<map_begin_message> read(const fw::MapBegin& table) {
  if (table.policy() > fw::MapPolicy::MAX)
    return std::nullopt;
  map_begin_message result;
  result.map = {table.map()};
  result.call = {table.call()};
  result.backend = text_of(table.backend());
  result.policy = static_cast<map_policy>(table.policy());
  result.quorum = table.quorum();
  result.best_by = duration{table.best_by_ns()};
  body_reader bodies{table.bodies()};
  result.pieces.reserve(size_of(table.sizes()));
  for (std::size_t i = 0; i < size_of(table.sizes()); ++i) {
    std::string_view piece;
    auto size = table.sizes()->Get(static_cast<flatbuffers::uoffset_t>(i));
    if (!bodies.take(size, piece))
      return std::nullopt;
    result.pieces.push_back(piece);
  }
  if (!bodies.empty())
    return std::nullopt;
  return result;
}

std::optional<map_end_message> read(const fw::MapEnd& table) {
  return map_end_message{{table.map()}};
}

std::optional<reconfigured_message> read(const fw::Reconfigured& table) {
  return reconfigured_message{
    {table.worker()}, table.ok(), text_of(table.message())};
}

std::optional<health_report_message> read(const fw::HealthReport& table) {
  return health_report_message{
    {table.worker()}, table.healthy(), text_of(table.message())};
}

std::optional<worker_log_message> read(const fw::Log& table) {
  if (table.level() > 3)
    return std::nullopt;
  return worker_log_message{table.level(),
                            {table.worker()},
                            text_of(table.request_id()),
                            text_of(table.text())};
}

std::optional<worker_pong_message> read(const fw::Pong& table) {
  if (!is_aligned(table.running()))
    return std::nullopt;
  worker_pong_message result;
  result.number = table.number();
  result.running.reserve(size_of(table.running()));
  if (table.running() != nullptr)
    for (const auto* call : *table.running())
      result.running.push_back(
        {{call->call()}, duration{call->running_ns()}, call->progress()});
  return result;
}

std::optional<describe_plugin_message> read(const fw::DescribePlugin&) {
  return describe_plugin_message{};
}

using text_list = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

std::vector<std::string_view> read_texts(const text_list* texts) {
  std::vector<std::string_view> result;
  result.reserve(size_of(texts));
  if (texts != nullptr)
    for (const auto* text : *texts)
      result.push_back(text_of(text));
  return result;
}

std::optional<plugin_description_message>
read(const fw::PluginDescription& table) {
  return plugin_description_message{
    text_of(table.failure()), text_of(table.sdk_version()),
    read_texts(table.backends()), read_texts(table.unload_warnings())};
}

std::optional<confine_message> read(const fw::Confine& table) {
  return confine_message{table.strict(), read_texts(table.read()),
                         table.memory_max_bytes()};
}

template <class Table>
result<worker_message> read_body(const void* body) {
  auto message = read(*static_cast<const Table*>(body));
  if (!message)
    return malformed("its parts contradict each other");
  return worker_message{*std::move(message)};
}

result<worker_message> read_body(fw::WorkerBody type, const void* body) {
  using fw::WorkerBody;
  switch (type) {
#define SERVAL_READ_BODY(Name)                                                 \
  case WorkerBody::Name:                                                       \
    return read_body<fw::Name>(body);
    SERVAL_READ_BODY(StartWorker)
    SERVAL_READ_BODY(StopWorker)
    SERVAL_READ_BODY(CallBatch)
    SERVAL_READ_BODY(CancelCalls)
    SERVAL_READ_BODY(MapDone)
    SERVAL_READ_BODY(Reconfigure)
    SERVAL_READ_BODY(CheckHealth)
    SERVAL_READ_BODY(Ping)
    SERVAL_READ_BODY(WorkerStarted)
    SERVAL_READ_BODY(WorkerFailed)
    SERVAL_READ_BODY(WorkerStopped)
    SERVAL_READ_BODY(ResultBatch)
    SERVAL_READ_BODY(MapBegin)
    SERVAL_READ_BODY(MapEnd)
    SERVAL_READ_BODY(Reconfigured)
    SERVAL_READ_BODY(HealthReport)
    SERVAL_READ_BODY(Log)
    SERVAL_READ_BODY(Pong)
    SERVAL_READ_BODY(DescribePlugin)
    SERVAL_READ_BODY(PluginDescription)
    SERVAL_READ_BODY(Confine)
#undef SERVAL_READ_BODY
    case WorkerBody::NONE:
      break;
  }
  return malformed("its kind is unknown");
}

} // namespace

result<worker_message> decode_worker_message(bytes_view bytes) {
  std::string_view why;
  const auto* root = verified_root<fw::WorkerMessage>(
    bytes, fw::WorkerMessageIdentifier(), tables_max, why);
  if (root == nullptr)
    return malformed(why);
  return read_body(root->body_type(), root->body());
}

} // namespace serval
