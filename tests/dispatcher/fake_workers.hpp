#pragma once

#include "dispatcher/dispatcher.hpp"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// The workers of a test: they keep what they are sent until told to answer.
struct fake_workers final : dispatcher_effects {
  std::map<std::uint64_t, std::deque<worker_call>> calls;
  std::map<std::uint64_t, map_outcomes> done_maps;
  std::set<std::uint64_t> cancelled;
  std::size_t sends = 0;

  void send(worker_id to, std::vector<worker_call> sent) override {
    ++sends;
    for (auto& call : sent)
      calls[to.value].push_back(std::move(call));
  }

  void cancel(worker_id, std::vector<call_id> ids) override {
    for (auto id : ids)
      cancelled.insert(id.value);
  }

  void done(map_id map, map_outcomes outcomes) override {
    auto fresh = done_maps.emplace(map.value, std::move(outcomes)).second;
    if (!fresh)
      throw std::logic_error{"a map was done twice"};
  }

  /// The calls that a worker has.
  std::vector<call_id> ids_at(std::uint64_t worker) {
    std::vector<call_id> ids;
    for (auto& call : calls[worker])
      ids.push_back(call.id);
    return ids;
  }

  /// Takes up to `count` calls of a worker and answers each with its request.
  std::vector<call_result> answer(std::uint64_t worker, std::size_t count) {
    std::vector<call_result> results;
    auto& queue = calls[worker];
    while (!queue.empty() && results.size() < count) {
      auto& call = queue.front();
      results.push_back(
        {call.id, outcome::success(std::string{call.request.bytes})});
      queue.pop_front();
    }
    return results;
  }
};

inline map_request make_map(std::size_t pieces, time_point deadline,
                            std::uint32_t depth = 0,
                            std::string backend = "leaf",
                            priority of = priority::high) {
  map_request request;
  request.backend = std::move(backend);
  request.depth = depth;
  auto context = std::make_shared<request_context>();
  context->deadline = deadline;
  context->priority = of;
  request.context = std::move(context);
  for (std::size_t i = 0; i < pieces; ++i)
    request.pieces.push_back(payload::own(std::to_string(i)));
  return request;
}

} // namespace serval
