#pragma once

#include "wire/worker_messages.hpp"

#include <cmath>
#include <limits>

namespace serval {

inline outcome_view sample_outcome(std::string_view body) {
  outcome_view result;
  result.maybe_executed = true;
  result.body = body;
  return result;
}

inline outcome_view sample_failure(errc code, std::uint16_t status,
                                   std::string_view body) {
  outcome_view result;
  result.code = code;
  result.reject_status = status;
  result.body = body;
  return result;
}

inline settings sample_settings() {
  return {{"text", "a\0b\n"},
          {"empty", std::string{}},
          {"integer", std::numeric_limits<std::int64_t>::min()},
          {"number", 0.1},
          {"huge", 1.7976931348623157e308},
          {"flag", false},
          {"other flag", true},
          {"list", json_text{"[1,2,3]"}}};
}

/// At least one message of every kind, ordinary and odd.
inline std::vector<worker_message> sample_worker_messages() {
  using namespace std::literals;
  std::vector<worker_message> result;
  result.push_back(confine_message{true, {"/srv/data", ""}, 1ull << 33});
  result.push_back(confine_message{false, {}, 0});
  result.push_back(start_worker_message{{7}, "bank", 3, "", sample_settings(),
                                        2, 1024, 256 * 1024});
  result.push_back(start_worker_message{{8}, "", -1, "/p/x.so", {}, 1, 0, 0});
  result.push_back(stop_worker_message{{7}});
  result.push_back(call_batch_message{
    {7},
    {{"request-1", "00-ab-cd-01", 5s, priority::low, 3},
     {"", "", -1ns, priority::high, 0}},
    {{{1}, 0, "one"}, {{2}, 1, ""}, {{3}, 0, "\0\xff three"sv}},
    time_point{77h}});
  result.push_back(call_batch_message{{9}, {}, {}});
  result.push_back(cancel_calls_message{{{1}, {~std::uint64_t{0}}}});
  result.push_back(cancel_calls_message{});
  result.push_back(
    map_done_message{{5},
                     {sample_outcome("result"), sample_outcome(""),
                      sample_failure(errc::rejected, 404, "no such bank"),
                      sample_failure(errc::worker_died, 0, "")}});
  result.push_back(map_done_message{{6}, {}});
  result.push_back(reconfigure_message{{7}, sample_settings()});
  result.push_back(check_health_message{{7}});
  result.push_back(worker_ping_message{42});
  result.push_back(worker_started_message{{7}});
  result.push_back(worker_failed_message{{7}, "cannot read /data"});
  result.push_back(worker_stopped_message{{7}});
  result.push_back(result_batch_message{
    {{{1}, sample_outcome("done")},
     {{2}, sample_failure(errc::user_error, 0, "out of range")}}});
  result.push_back(result_batch_message{});
  result.push_back(map_begin_message{{5},
                                     {1},
                                     "indicator",
                                     map_policy::quorum,
                                     2,
                                     0ns,
                                     {"a", "", "ccc"}});
  result.push_back(map_begin_message{
    {6}, {2}, "indicator", map_policy::best_by, 0, 20ms, {}});
  result.push_back(map_end_message{{5}});
  result.push_back(reconfigured_message{{7}, true, ""});
  result.push_back(reconfigured_message{{7}, false, "no such key"});
  result.push_back(health_report_message{{7}, true, ""});
  result.push_back(worker_log_message{3, {7}, "request-1", "it is late"});
  result.push_back(worker_pong_message{
    42, {{{1}, 3s, 17}, {{2}, 0ns, 0}}});
  result.push_back(worker_pong_message{43, {}});
  result.push_back(describe_plugin_message{});
  result.push_back(plugin_description_message{
    "", "0.1.0", {"strategy", "bank"}, {"it has a unique symbol"}});
  result.push_back(plugin_description_message{"no ELF file", "", {}, {}});
  return result;
}

} // namespace serval
