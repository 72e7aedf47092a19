#pragma once

#include "actor/loop_actor.hpp"
#include "actor/messages.hpp"
#include "dispatcher/dispatcher_actor.hpp"
#include "worker/body_life.hpp"
#include "worker/health_watch.hpp"
#include "worker/worker_body.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval {

/// What a worker starts with.
struct worker_setup {
  worker_id id;
  std::string backend;
  std::uint32_t concurrency = 1;
  /// The dispatchers of the worker's release, by their numbers.
  std::vector<caf::actor> dispatchers;
  /// The one on the worker's own loop, for its maps.
  local_dispatcher dispatcher;
  /// Learns of what kills workers; shared with the dispatchers.
  std::shared_ptr<poison_table> poison = std::make_shared<poison_table>();
  /// Makes the place where user code runs; called on the home loop.
  std::function<std::unique_ptr<worker_body>(worker_body_events&)> make_body;
  /// The worker serves, in the process of that pid (0 if inline). On the loop.
  std::function<void(std::int64_t pid)> on_ready;
  health_watch::limits health{};
  /// The worker's health checks have failed too often in a row; again as long
  /// as they do. On the loop.
  std::function<void(health_watch::verdict)> on_unhealthy;
  /// The worker is over: it was asked to end (`stopped`), could not start, or
  /// died. The last that is heard of it; on the loop.
  std::function<void(bool stopped, bool was_ready, error why)> on_ended;
  /// Takes lines for the operator's log: request id, level, text. Any thread.
  std::function<void(std::string_view, std::uint32_t, std::string_view)> log;
};

/// WORKER: the resident actor that stands for one running instance of a
/// backend. It carries calls to its body and results back, and tells the
/// dispatchers when it comes and goes. It ends with its body.
class worker_actor final : public loop_actor,
                           private near_worker,
                           private worker_body_events,
                           private map_client {
public:
  worker_actor(caf::actor_config& config, worker_setup setup);

  caf::behavior make_behavior() override;

  const char* name() const override {
    return "worker";
  }

  void on_exit() override;

private:
  struct drain_timer final : timer {
    worker_actor* owner = nullptr;
    void on_timer(time_point now) override;
  };

  struct health_timer final : timer {
    worker_actor* owner = nullptr;
    void on_timer(time_point now) override;
  };

  // -- near_worker ------------------------------------------------------------

  void take_calls(std::vector<worker_call> calls) override;
  void cancel_calls(const std::vector<call_id>& calls) override;

  // -- worker_body_events -----------------------------------------------------

  void ready() override;
  void ended(bool stopped, error why) override;
  void losing(lost_calls what) override;
  void health_checked(result<void> how) override;
  void silent(bool is) override;
  void finished(std::vector<call_result> results,
                duration busy_per_call) override;
  void begin_map(map_ticket ticket, call_id call, map_request request) override;
  void end_map(map_ticket ticket) override;
  void log(std::string_view request_id, std::uint32_t level,
           std::string_view text) override;

  // -- map_client -------------------------------------------------------------

  void map_done(std::uint64_t token, map_outcomes outcomes) override;

  void act(body_life::action what);
  void act(health_watch::step what);
  bool was_busy() noexcept;
  void refuse(const std::vector<worker_call>& calls);
  void tell_dispatchers_down();
  void tell_suspended(call_id call, std::int32_t change);

  worker_setup setup_;
  body_life life_;
  std::unique_ptr<worker_body> body_;
  std::size_t calls_in_hand_ = 0;
  health_watch health_;
  /// Calls came since that was last asked.
  bool calls_came_ = false;
  /// A map that user code of this worker waits for, and in which call.
  struct open_map {
    map_id map;
    call_id waiting;
  };
  boost::unordered_flat_map<map_ticket, open_map> maps_;
  /// When the body has died: what it may have started on, if that is known.
  std::optional<std::vector<call_id>> received_;
  end_worker end_;
  drain_timer drain_timer_;
  health_timer health_timer_;
};

} // namespace serval
