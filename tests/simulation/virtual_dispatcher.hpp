#pragma once

#include "dispatcher/dispatcher.hpp"
#include "dispatcher/queue_board.hpp"
#include "simulation/loops.hpp"
#include "simulation/scene.hpp"

#include <functional>
#include <map>
#include <memory>

namespace serval::simulation {

class virtual_worker;

/// What a dispatcher's actor does around its core, on one simulated loop.
class virtual_dispatcher final : private dispatcher_effects {
public:
  using on_done = std::function<void(map_outcomes)>;

  virtual_dispatcher(scene& in, loops& on, dispatcher_name name,
                     std::shared_ptr<const app_spec> spec,
                     poison_table& poison, queue_board& board);

  // -- table ------------------------------------------------------------------

  void worker_up(std::shared_ptr<virtual_worker> worker, bool near);
  void worker_drain(worker_id worker);
  void worker_down(worker_id worker,
                   const std::optional<std::vector<call_id>>& received);
  void worker_silence(worker_id worker, bool silent);
  void add_suspended(worker_id worker, std::int32_t change);

  // -- maps -------------------------------------------------------------------

  /// `done` is called later, unless `end_map` comes first.
  map_id begin_map(map_request request, on_done done);
  void end_map(map_id map);
  void take_results(worker_id from, std::vector<call_result> results,
                    duration busy_per_call);

  const dispatcher_name& name() const noexcept {
    return name_;
  }

  /// Whether no map is open and no call is at a worker.
  bool idle() const;

private:
  void send(worker_id to, std::vector<worker_call> calls) override;
  void cancel(worker_id to, std::vector<call_id> calls) override;
  void done(map_id map, map_outcomes outcomes) override;

  void tell(map_id map, map_outcomes outcomes);
  void set_expiry();
  void after_each();
  backend_counters counters_of(std::string_view backend) const;

  struct known_worker {
    std::shared_ptr<virtual_worker> worker;
    bool near = false;
  };

  scene& in_;
  loops& loops_;
  dispatcher_name name_;
  std::shared_ptr<const app_spec> spec_;
  queue_board& board_;
  dispatcher core_;
  std::map<worker_id, known_worker> workers_;
  std::map<std::uint64_t, on_done> waiting_;
  bool beginning_ = false;
  on_done early_;
  std::optional<time_point> expiry_;
};

} // namespace serval::simulation
