#pragma once

#include "app_master/worker_control.hpp"
#include "simulation/virtual_dispatcher.hpp"
#include "simulation/virtual_process.hpp"
#include "worker/body_life.hpp"

#include <memory>
#include <vector>

namespace serval::simulation {

/// What a worker's actor does around `body_life`, and its process.
class virtual_worker final
  : public std::enable_shared_from_this<virtual_worker>,
    private process_owner {
public:
  struct setup {
    worker_order order;
    std::size_t home = 0;
    std::vector<virtual_dispatcher*> dispatchers;
    std::shared_ptr<poison_table> poison;
    std::function<void(worker_key)> on_begun;
    std::function<void(worker_key)> on_ready;
    /// The last that is heard of it.
    std::function<void(worker_key, bool stopped, bool was_ready)> on_ended;
  };

  virtual_worker(scene& in, loops& on, setup how);

  /// Begins, or says later that it has begun.
  void start(duration queued);

  /// Drains for at most so long, and then gives user code `grace`.
  void end(duration drain, duration grace);

  // -- dispatchers ------------------------------------------------------------

  void take_calls(std::vector<worker_call> calls);
  void cancel_calls(const std::vector<call_id>& calls);
  void drain_acknowledged();

  /// The daemon is gone, and the process goes with it.
  void abandon() {
    process_.kill();
  }

  // -- faults -----------------------------------------------------------------

  void crash();
  void freeze(duration span);
  void slow_down();

  // ---------------------------------------------------------------------------

  const worker_key& key() const noexcept {
    return how_.order.key;
  }

  const worker_order& order() const noexcept {
    return how_.order;
  }

  std::size_t home() const noexcept {
    return how_.home;
  }

  const backend_spec& backend() const noexcept {
    return backend_;
  }

  worker_profile profile(bool near) const {
    return {key().id, backend_.concurrency,
            near ? locality::loop : locality::node};
  }

  bool serving() const noexcept {
    return life_.now_in() == body_life::state::serving;
  }

private:
  void on_finished(std::vector<call_result> results) override;
  void on_map_begun(call_id call, map_request request) override;
  void on_map_given_up(call_id call) override;
  void on_stopped() override;
  void on_died(std::vector<call_id> received,
               std::optional<worker_call> culprit) override;

  void begin_life();
  void ready();
  void act(body_life::action what);
  void stop_body();
  void ended(bool stopped);
  void refuse(const std::vector<worker_call>& calls);
  void tell_suspended(call_id call, std::int32_t change);
  void watch_silence();
  void watch_call(const worker_call& call);

  /// Does something on the daemon after a wait, unless the worker is over.
  void later(duration wait, std::function<void()> what);

  scene& in_;
  loops& loops_;
  setup how_;
  const backend_spec& backend_;
  std::string behaviour_;
  body_life life_;
  virtual_process process_;
  std::map<call_id, worker_call> calls_in_hand_;
  std::map<call_id, map_id> maps_;
  std::optional<std::vector<call_id>> received_;
  duration drain_{};
  duration grace_{};
  bool told_silent_ = false;
};

} // namespace serval::simulation
