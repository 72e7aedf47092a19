#include "wire/call_batches.hpp"

#include "wire/remaining.hpp"

#include <memory>
#include <string>

namespace serval {

namespace {

/// Keeps the bodies of a batch, whose bytes are only lent, in one block.
class body_keeper {
public:
  explicit body_keeper(const std::vector<batched_call>& calls) {
    std::size_t total = 0;
    for (auto& call : calls)
      total += call.body.size();
    block_ = std::make_shared<std::string>();
    block_->reserve(total);
  }

  payload keep(std::string_view body) {
    auto offset = block_->size();
    block_->append(body);
    return {block_, std::string_view{*block_}.substr(offset)};
  }

private:
  std::shared_ptr<std::string> block_;
};

std::shared_ptr<const request_context> make_context(const batch_context& from,
                                                    time_point sent) {
  auto context = std::make_shared<request_context>();
  context->request_id = from.request_id;
  context->trace_parent = from.trace_parent;
  context->deadline = deadline_after(sent, from.remaining);
  context->priority = from.priority;
  return context;
}

bool same_context(const worker_call& a, const worker_call& b) {
  return a.context == b.context && a.depth == b.depth;
}

} // namespace

result_batch_message batch_of(std::span<const call_result> results) {
  result_batch_message batch;
  batch.results.reserve(results.size());
  for (auto& each : results)
    batch.results.push_back({each.id, outcome_view{each.what}});
  return batch;
}

call_batch_message batch_of(worker_id worker,
                            std::span<const worker_call> calls,
                            time_point now) {
  call_batch_message batch;
  batch.worker = worker;
  batch.sent_at = now;
  batch.calls.reserve(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    auto& call = calls[i];
    // The pieces of one map come together and share their context.
    if (i == 0 || !same_context(call, calls[i - 1]))
      batch.contexts.push_back({call.context->request_id,
                                call.context->trace_parent,
                                remaining_until(now, call.context->deadline),
                                call.context->priority, call.depth});
    batch.calls.push_back(
      {call.id, static_cast<std::uint32_t>(batch.contexts.size() - 1),
       call.request.bytes});
  }
  return batch;
}

std::vector<worker_call> calls_of(const call_batch_message& batch,
                                  time_point sent) {
  std::vector<std::shared_ptr<const request_context>> contexts;
  contexts.reserve(batch.contexts.size());
  for (auto& each : batch.contexts)
    contexts.push_back(make_context(each, sent));
  body_keeper bodies{batch.calls};
  std::vector<worker_call> calls;
  calls.reserve(batch.calls.size());
  for (auto& each : batch.calls)
    calls.push_back({each.call, batch.contexts[each.context].depth,
                     contexts[each.context], bodies.keep(each.body)});
  return calls;
}

} // namespace serval
