#pragma once

#include "backend/worker_process.hpp"
#include "worker/worker_body.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace serval {

/// What runs in a worker.
struct body_order {
  std::string backend;
  serval::settings settings;
  executor::limits limits;
  /// Hears that the worker's process takes more memory than it should, again
  /// and again while that is so. May not end the worker before it returns.
  std::function<void(std::uint64_t resident_bytes)> on_outgrown = nullptr;
};

/// A worker's body whose user code runs in a worker process, alone or with
/// others.
class process_body final : public worker_body {
public:
  /// Begins to start the worker; `ready` or `ended` follows, within the
  /// process's `start_timeout`. On the process's loop, as everything else.
  process_body(std::shared_ptr<worker_process> process, body_order order,
               worker_body_events& events);

  /// Nothing is told any more. The process is killed if this was its last
  /// worker.
  ~process_body() override;

  void submit(std::vector<worker_call> calls) override;
  void cancel(call_id call) override;
  void map_done(map_ticket ticket, map_outcomes outcomes) override;
  void check_health() override;
  void stop(duration grace) override;

  std::int64_t pid() const override {
    return process_->pid();
  }

  /// Hands new settings to the instance; `done` is called later, unless the
  /// body ends first. REQUIRES: `ready` was told.
  void reconfigure(settings next, std::function<void(result<void>)> done);

  const std::string& backend() const noexcept {
    return order_.backend;
  }

private:
  friend class worker_process;

  enum class state : std::uint8_t {
    starting,
    ready,
    stopping,
    ended,
  };

  /// Runs out when the worker takes too long to start or to stop.
  struct patience final : timer {
    explicit patience(process_body& owner) : owner(owner) {
      // nop
    }

    void on_timer(time_point) override {
      owner.on_patience_over();
    }

    process_body& owner;
  };

  // -- from the process -------------------------------------------------------

  void on_process_up();
  void on_started();
  void on_failed(std::string_view why);
  void on_stopped();
  void on_results(std::vector<call_result> results);
  void on_map_begun(map_ticket ticket, call_id call, map_request request);
  void on_map_ended(map_ticket ticket);
  void on_reconfigured(result<void> how);
  void on_health(result<void> how);
  void on_log(std::string_view request_id, std::uint32_t level,
              std::string_view text);
  void on_outgrown(std::uint64_t resident_bytes);
  void on_process_end(const process_end& end);
  void on_silence(bool silent);

  void on_patience_over();
  void end(bool stopped, error why);
  void finish_later(std::vector<call_result> results);
  void send_calls(std::span<const worker_call> calls);
  error describe_end(const process_end& end) const;

  std::shared_ptr<worker_process> process_;
  body_order order_;
  worker_body_events& events_;
  worker_id id_;
  /// Calls without a result, and since when there are any or one last came.
  std::size_t calls_out_ = 0;
  time_point busy_since_;
  state state_ = state::starting;
  patience patience_{*this};
  std::vector<std::function<void(result<void>)>> reconfiguring_;
  bool checking_health_ = false;
  /// Expires with the body, for what is posted to the loop.
  std::shared_ptr<process_body*> self_;
};

} // namespace serval
