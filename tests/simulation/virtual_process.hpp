#pragma once

#include "simulation/process.hpp"
#include "simulation/scene.hpp"
#include "worker/call_queue.hpp"

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <vector>

namespace serval::simulation {

/// What a worker process tells its daemon.
class process_owner {
public:
  virtual ~process_owner() = default;

  virtual void on_finished(std::vector<call_result> results) = 0;
  virtual void on_map_begun(call_id call, map_request request) = 0;
  virtual void on_map_given_up(call_id call) = 0;
  virtual void on_stopped() = 0;
  /// The process has died; by that call, if it did.
  virtual void on_died(std::vector<call_id> received,
                       std::optional<worker_call> culprit)
    = 0;
};

/// A worker process with user code, which does as it is told by what it is
/// given: a call of the entry backend works, maps pieces over the other backend
/// and works again, others work. What a body's bytes begin with says more:
/// "poison" kills the process, "hang" never returns.
class virtual_process {
public:
  virtual_process(scene& in, process& daemon, process_owner& owner,
                  const app_spec& spec, const backend_spec& backend);

  void submit(std::vector<worker_call> calls);
  void cancel(call_id call);
  void map_done(call_id call);
  void stop();

  /// The process is killed, or kills itself.
  void die(std::optional<worker_call> culprit);

  /// Ends without a word.
  void kill() {
    life_.kill();
  }

  void freeze();
  void thaw();

  bool alive() const noexcept {
    return life_.alive();
  }

  bool frozen() const noexcept {
    return life_.stopped();
  }

  duration usual_service() const noexcept {
    return in_.how.load.service;
  }

  /// How many times as long everything takes as it should.
  double slowness = 1;

private:
  struct running_call {
    worker_call call;
    std::uint32_t pieces = 0;
    /// How many stages are behind it.
    int stage = 0;
    bool suspended = false;
    bool cancelled = false;
  };

  void run();
  void begin(worker_call call);
  void work(call_id call);
  void stage_over(call_id call);
  void suspend(running_call& call);
  void finish(call_id call, outcome what);
  void end_call(running_call& call, outcome what);
  void flush();

  scene& in_;
  process_owner& owner_;
  const app_spec& spec_;
  const backend_spec& backend_;
  process life_;
  channel to_process_;
  channel to_daemon_;
  call_queue queue_;
  std::map<call_id, running_call> running_;
  std::deque<call_id> resumable_;
  std::uint32_t used_slots_ = 0;
  /// The calls that user code may have started on, as the daemon can see.
  std::set<call_id> board_;
  std::vector<call_result> finished_;
};

} // namespace serval::simulation
