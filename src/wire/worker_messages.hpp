#pragma once

#include "base/time.hpp"
#include "model/app_spec.hpp"
#include "model/call.hpp"
#include "model/ids.hpp"
#include "model/request.hpp"
#include "wire/outcome_view.hpp"

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace serval {

// What daemon and worker process say to each other; `schemas/worker.fbs` tells
// what each message means. A string_view borrows: from the caller when
// encoding, from the received bytes after decoding.

// -- daemon to process --------------------------------------------------------

struct confine_message {
  bool strict = true;
  std::vector<std::string_view> read;
  std::uint64_t memory_max_bytes = 0;

  friend bool operator==(const confine_message&,
                         const confine_message&) = default;
};

struct start_worker_message {
  worker_id worker;
  std::string_view backend;
  /// An inherited descriptor of the plugin, or -1 to open `plugin_path`.
  int plugin_fd = -1;
  std::string_view plugin_path;
  serval::settings settings;
  std::uint32_t concurrency = 1;
  std::uint32_t queue = 0;
  std::uint32_t stack_bytes = 0;

  friend bool operator==(const start_worker_message&,
                         const start_worker_message&) = default;
};

struct stop_worker_message {
  worker_id worker;

  friend bool operator==(const stop_worker_message&,
                         const stop_worker_message&) = default;
};

/// What the calls of one request's tree share.
struct batch_context {
  std::string_view request_id;
  std::string_view trace_parent;
  /// Until the deadline; zero or less if it has passed. See `remaining.hpp`.
  duration remaining{0};
  serval::priority priority = priority::high;
  std::uint32_t depth = 0;

  friend bool operator==(const batch_context&, const batch_context&) = default;
};

struct batched_call {
  call_id call;
  /// Index into the batch's contexts; decoding has checked it.
  std::uint32_t context = 0;
  std::string_view body;

  friend bool operator==(const batched_call&, const batched_call&) = default;
};

struct call_batch_message {
  worker_id worker;
  std::vector<batch_context> contexts;
  std::vector<batched_call> calls;
  /// What the remaining times count from; the sender's clock is the receiver's.
  time_point sent_at{};

  friend bool operator==(const call_batch_message&,
                         const call_batch_message&) = default;
};

struct cancel_calls_message {
  std::vector<call_id> calls;

  friend bool operator==(const cancel_calls_message&,
                         const cancel_calls_message&) = default;
};

struct map_done_message {
  map_id map;
  std::vector<outcome_view> outcomes;

  friend bool operator==(const map_done_message&,
                         const map_done_message&) = default;
};

struct reconfigure_message {
  worker_id worker;
  serval::settings settings;

  friend bool operator==(const reconfigure_message&,
                         const reconfigure_message&) = default;
};

struct check_health_message {
  worker_id worker;

  friend bool operator==(const check_health_message&,
                         const check_health_message&) = default;
};

struct worker_ping_message {
  std::uint64_t number = 0;

  friend bool operator==(const worker_ping_message&,
                         const worker_ping_message&) = default;
};

// -- process to daemon --------------------------------------------------------

struct worker_started_message {
  worker_id worker;

  friend bool operator==(const worker_started_message&,
                         const worker_started_message&) = default;
};

struct worker_failed_message {
  worker_id worker;
  std::string_view message;

  friend bool operator==(const worker_failed_message&,
                         const worker_failed_message&) = default;
};

struct worker_stopped_message {
  worker_id worker;

  friend bool operator==(const worker_stopped_message&,
                         const worker_stopped_message&) = default;
};

struct batched_result {
  call_id call;
  outcome_view outcome;

  friend bool operator==(const batched_result&,
                         const batched_result&) = default;
};

struct result_batch_message {
  std::vector<batched_result> results;

  friend bool operator==(const result_batch_message&,
                         const result_batch_message&) = default;
};

struct map_begin_message {
  map_id map;
  call_id call;
  std::string_view backend;
  map_policy policy = map_policy::all;
  std::uint32_t quorum = 0;
  /// From now; for `best_by`.
  duration best_by{0};
  std::vector<std::string_view> pieces;

  friend bool operator==(const map_begin_message&,
                         const map_begin_message&) = default;
};

struct map_end_message {
  map_id map;

  friend bool operator==(const map_end_message&,
                         const map_end_message&) = default;
};

struct reconfigured_message {
  worker_id worker;
  bool ok = false;
  std::string_view message;

  friend bool operator==(const reconfigured_message&,
                         const reconfigured_message&) = default;
};

struct health_report_message {
  worker_id worker;
  bool healthy = false;
  std::string_view message;

  friend bool operator==(const health_report_message&,
                         const health_report_message&) = default;
};

struct worker_log_message {
  /// Debug, info, warning, error: 0 to 3, as `serval_log_level`.
  std::uint8_t level = 0;
  worker_id worker;
  std::string_view request_id;
  std::string_view text;

  friend bool operator==(const worker_log_message&,
                         const worker_log_message&) = default;
};

struct running_call {
  call_id call;
  duration running{0};
  /// Grows whenever the call's fiber comes to run or leaves.
  std::uint64_t progress = 0;

  friend bool operator==(const running_call&, const running_call&) = default;
};

struct worker_pong_message {
  std::uint64_t number = 0;
  std::vector<running_call> running;

  friend bool operator==(const worker_pong_message&,
                         const worker_pong_message&) = default;
};

struct describe_plugin_message {
  friend bool operator==(const describe_plugin_message&,
                         const describe_plugin_message&) = default;
};

struct plugin_description_message {
  /// Why the plugin could not be loaded; empty if it was.
  std::string_view failure;
  std::string_view sdk_version;
  std::vector<std::string_view> backends;
  /// What would keep it from being unloaded, a sentence each.
  std::vector<std::string_view> unload_warnings;

  friend bool operator==(const plugin_description_message&,
                         const plugin_description_message&) = default;
};

using worker_message
  = std::variant<start_worker_message, stop_worker_message, call_batch_message,
                 cancel_calls_message, map_done_message, reconfigure_message,
                 check_health_message, worker_ping_message,
                 worker_started_message, worker_failed_message,
                 worker_stopped_message, result_batch_message,
                 map_begin_message, map_end_message, reconfigured_message,
                 health_report_message, worker_log_message,
                 worker_pong_message, describe_plugin_message,
                 plugin_description_message, confine_message>;

} // namespace serval
