#pragma once

#include "worker/executor.hpp"

#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace serval {

/// A plugin's backend made of a lambda, spoken to through the real C table.
struct fake_backend {
  using handler = std::function<std::int32_t(serval_call*, std::string_view,
                                             std::string& reply)>;

  handler on_handle;

  static const serval_backend_type& type() {
    static const serval_backend_type table = {
      .size = sizeof(serval_backend_type),
      .name = "fake",
      .create = nullptr,
      .destroy = nullptr,
      .handle =
        [](void* self, serval_call* call, serval_bytes request,
           serval_sink* sink) noexcept {
          std::string reply;
          auto status = static_cast<fake_backend*>(self)->on_handle(
            call, {request.data, request.size}, reply);
          sink->write(sink->context, {reply.data(), reply.size()});
          return status;
        },
      .reconfigure = nullptr,
      .warm_up = nullptr,
      .health = nullptr,
    };
    return table;
  }
};

/// The world around an executor, under the test's hand.
struct fake_host final : executor_host {
  time_point time{std::chrono::hours{1}};
  std::vector<std::pair<std::uint64_t, outcome>> ended;
  std::map<map_ticket, map_request> maps;
  std::vector<map_ticket> ended_maps;
  std::vector<std::string> lines;
  /// The call on the thread, after each change; 0 for none.
  std::vector<std::uint64_t> on_thread;
  std::function<void()> on_check_cancels = [] {};

  time_point now() override {
    return time;
  }

  void finished(call_id call, outcome what) override {
    ended.emplace_back(call.value, std::move(what));
  }

  void begin_map(map_ticket ticket, call_id, map_request request) override {
    maps.emplace(ticket, std::move(request));
  }

  void end_map(map_ticket ticket) override {
    ended_maps.push_back(ticket);
  }

  void log(std::string_view, std::uint32_t, std::string_view text) override {
    lines.emplace_back(text);
  }

  void running(call_id call) override {
    on_thread.push_back(call.value);
  }

  void check_cancels() override {
    on_check_cancels();
  }

  /// The ids of the calls that ended, in order.
  std::vector<std::uint64_t> order() const {
    std::vector<std::uint64_t> ids;
    for (auto& [id, what] : ended)
      ids.push_back(id);
    return ids;
  }
};

inline worker_call make_call(std::uint64_t id, std::string body,
                             time_point deadline = time_point::max(),
                             std::uint32_t depth = 0) {
  auto context = std::make_shared<request_context>();
  context->request_id = "r" + std::to_string(id);
  context->deadline = deadline;
  return {call_id{id}, depth, std::move(context),
          payload::own(std::move(body))};
}

/// Maps `pieces` and waits, as the SDK does. Returns the answers joined by
/// commas, or nothing if the call was cancelled.
inline bool map_and_wait(serval_call* call,
                         const std::vector<std::string>& pieces,
                         std::string& joined) {
  const auto& host = executor::host_table();
  std::vector<serval_bytes> views;
  for (auto& piece : pieces)
    views.push_back({piece.data(), piece.size()});
  serval_map_request request = {};
  request.size = sizeof(request);
  request.backend = {"leaf", 4};
  request.pieces = views.data();
  request.piece_count = views.size();
  struct waiting {
    serval_call* call;
    bool done;
  } state{call, false};
  auto* map = host.map_begin(
    call, &request,
    [](void* user) {
      auto* self = static_cast<waiting*>(user);
      self->done = true;
      executor::host_table().resume(self->call);
    },
    &state);
  bool cancelled = false;
  while (!state.done && !cancelled)
    cancelled = host.suspend(call) != 0;
  for (std::size_t i = 0; !cancelled && i < pieces.size(); ++i) {
    serval_piece_result result = {};
    result.size = sizeof(result);
    host.map_result(map, i, &result);
    joined += (i > 0 ? "," : "");
    joined += result.outcome == SERVAL_OUTCOME_OK
                ? std::string{result.body.data, result.body.size}
                : "!" + std::to_string(result.outcome);
  }
  host.map_end(map);
  return !cancelled;
}

/// Sleeps in the call, as the SDK does. False if the call was cancelled.
inline bool sleep_in(serval_call* call, duration span) {
  const auto& host = executor::host_table();
  struct waiting {
    serval_call* call;
    bool done;
  } state{call, false};
  host.sleep_begin(
    call, span.count(),
    [](void* user) {
      auto* self = static_cast<waiting*>(user);
      self->done = true;
      executor::host_table().resume(self->call);
    },
    &state);
  bool cancelled = false;
  while (!state.done && !cancelled)
    cancelled = host.suspend(call) != 0;
  return !cancelled;
}

} // namespace serval
