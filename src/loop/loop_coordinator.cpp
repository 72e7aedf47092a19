#include "loop/loop_coordinator.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <atomic>
#include <thread>
#include <utility>

namespace serval {

namespace {

using loop_list = std::vector<std::unique_ptr<loop>>;

/// CAF's scheduler, by its public extension point.
class loop_coordinator final : public caf::scheduler::abstract_coordinator {
public:
  loop_coordinator(caf::actor_system& system, const loop_list& loops)
    : abstract_coordinator(system), loops_(loops) {
    for (auto& each : loops_)
      each->attach(system);
  }

  ~loop_coordinator() override {
    // Only if the system could not be built to its end.
    if (clock_thread_.joinable())
      end_clock();
  }

  void enqueue(caf::resumable* job) override {
    auto turn = next_loop_.fetch_add(1, std::memory_order_relaxed);
    loops_[turn % loops_.size()]->exec_later(job);
  }

  caf::actor_clock& clock() noexcept override {
    return clock_;
  }

protected:
  void start() override {
    // Only the control plane waits on CAF's clock; requests use their loop's
    // timers.
    clock_thread_ = std::thread{[this] { clock_.run_dispatch_loop(); }};
    abstract_coordinator::start();
  }

  void stop() override {
    stop_actors();
    for (auto& each : loops_)
      each->stop();
    end_clock();
    for (bool again = true; std::exchange(again, false);)
      for (auto& each : loops_)
        again |= each->drop_actors();
  }

private:
  void end_clock() {
    clock_.cancel_dispatch_loop();
    clock_thread_.join();
  }

  const loop_list& loops_;
  std::atomic<std::size_t> next_loop_ = 0;
  caf::detail::thread_safe_actor_clock clock_;
  std::thread clock_thread_;
};

} // namespace

void run_actors_on(caf::actor_system_config& config, const loop_list& loops) {
  config.module_factories.push_back(
    [&loops](caf::actor_system& system) -> caf::actor_system::module* {
      return new loop_coordinator(system, loops);
    });
}

} // namespace serval
