#include "wire/batch_wire.hpp"

#include "wire/failure.hpp"

namespace serval {

namespace fw = fbs::worker;

namespace {

fbs::Priority to_wire(priority value) {
  return value == priority::low ? fbs::Priority::low : fbs::Priority::high;
}

std::optional<batch_context> read(const fw::Context& table) {
  if (table.priority() > fbs::Priority::MAX)
    return std::nullopt;
  return batch_context{text_of(table.request_id()),
                       text_of(table.trace_parent()),
                       duration{table.remaining_ns()},
                       table.priority() == fbs::Priority::low ? priority::low
                                                              : priority::high,
                       table.depth()};
}

} // namespace

// -- writing ------------------------------------------------------------------

fw::OutcomeHead head_of(const outcome_view& outcome) {
  return {static_cast<std::uint32_t>(outcome.body.size()),
          outcome.reject_status, to_failure(outcome.code),
          static_cast<std::uint8_t>(outcome.maybe_executed ? 1 : 0)};
}

flatbuffers::Offset<fw::CallBatch>
put_call_batch(reused_builder& builder, const call_batch_message& batch) {
  auto bodies = put_bodies(builder, batch.calls,
                           [](const batched_call& call) { return call.body; });
  auto heads = put_heads<fw::CallHead>(
    builder, batch.calls, [](const batched_call& call) {
      return fw::CallHead{call.call.value, call.context,
                          static_cast<std::uint32_t>(call.body.size())};
    });
  std::vector<flatbuffers::Offset<fw::Context>> contexts;
  contexts.reserve(batch.contexts.size());
  for (const auto& context : batch.contexts) {
    auto request_id = put_text(builder, context.request_id);
    auto trace_parent = put_text(builder, context.trace_parent);
    contexts.push_back(fw::CreateContext(
      builder.get(), request_id, trace_parent, context.remaining.count(),
      to_wire(context.priority), context.depth));
  }
  return fw::CreateCallBatch(builder.get(), batch.worker.value,
                             builder.get().CreateVector(contexts), heads,
                             bodies, batch.sent_at.time_since_epoch().count());
}

flatbuffers::Offset<fw::ResultBatch>
put_result_batch(reused_builder& builder, const result_batch_message& batch) {
  auto bodies = put_bodies(
    builder, batch.results,
    [](const batched_result& result) { return result.outcome.body; });
  auto heads = put_heads<fw::OutcomeHead>(
    builder, batch.results,
    [](const batched_result& result) { return head_of(result.outcome); });
  auto calls = put_scalars<std::uint64_t>(
    builder, batch.results,
    [](const batched_result& result) { return result.call.value; });
  return fw::CreateResultBatch(builder.get(), calls, heads, bodies);
}

// -- reading ------------------------------------------------------------------

std::optional<outcome_view> read_outcome(const fw::OutcomeHead& head,
                                         body_reader& bodies) {
  outcome_view result;
  if (!from_failure(head.failure(), result.code))
    return std::nullopt;
  bool rejected = result.code == errc::rejected;
  auto status = head.reject_status();
  if (rejected ? (status < 400 || status > 499) : status != 0)
    return std::nullopt;
  if (head.maybe_executed() > 1 || !bodies.take(head.size(), result.body))
    return std::nullopt;
  result.reject_status = status;
  result.maybe_executed = head.maybe_executed() == 1;
  return result;
}

std::optional<call_batch_message>
read_call_batch(const fw::CallBatch& table) {
  call_batch_message result;
  result.worker = {table.worker()};
  result.sent_at = time_point{duration{table.sent_at_ns()}};
  result.contexts.reserve(size_of(table.contexts()));
  if (table.contexts() != nullptr) {
    for (const auto* item : *table.contexts()) {
      auto context = read(*item);
      if (!context)
        return std::nullopt;
      result.contexts.push_back(*context);
    }
  }
  body_reader bodies{table.bodies()};
  if (!is_aligned(table.calls()))
    return std::nullopt;
  result.calls.reserve(size_of(table.calls()));
  if (table.calls() != nullptr) {
    for (const auto* head : *table.calls()) {
      std::string_view body;
      if (head->context() >= result.contexts.size()
          || !bodies.take(head->size(), body))
        return std::nullopt;
      result.calls.push_back({{head->call()}, head->context(), body});
    }
  }
  if (!bodies.empty())
    return std::nullopt;
  return result;
}

std::optional<result_batch_message>
read_result_batch(const fw::ResultBatch& table) {
  if (size_of(table.calls()) != size_of(table.outcomes())
      || !is_aligned(table.calls()) || !is_aligned(table.outcomes()))
    return std::nullopt;
  result_batch_message result;
  body_reader bodies{table.bodies()};
  result.results.reserve(size_of(table.calls()));
  for (std::size_t i = 0; i < size_of(table.calls()); ++i) {
    auto index = static_cast<flatbuffers::uoffset_t>(i);
    auto outcome = read_outcome(*table.outcomes()->Get(index), bodies);
    if (!outcome)
      return std::nullopt;
    result.results.push_back({{table.calls()->Get(index)}, *outcome});
  }
  if (!bodies.empty())
    return std::nullopt;
  return result;
}

} // namespace serval
