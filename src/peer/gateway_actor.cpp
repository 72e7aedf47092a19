#include "peer/gateway_actor.hpp"

#include <caf/send.hpp>

#include <utility>

namespace serval {

gateway_actor::gateway_actor(caf::actor_config& config, std::uint8_t number)
  : loop_actor(config), number_(number), core_(number, *this) {
  // nop
}

caf::behavior gateway_actor::make_behavior() {
  return {
    [this](result_batch& batch) {
      core_.results({batch.from, std::move(batch.results),
                     batch.busy_per_call, batch.in_hand});
    },
    [this](const suspended_change& what) {
      core_.suspended(what.call, what.change);
    },
    [this](const worker_up& up) {
      workers_[up.profile.id] = up.worker;
      core_.worker_up(up.profile.id, up.backend, up.profile.concurrency);
    },
    [this](const worker_drain& drain) { core_.worker_drain(drain.worker); },
    [this](const worker_down& down) {
      core_.worker_down(down.worker, down.received);
      workers_.erase(down.worker);
    },
    [this](const worker_silence& silence) {
      core_.silence(silence.worker, silence.silent);
    },
  };
}

void gateway_actor::on_exit() {
  workers_.clear();
}

void gateway_actor::tell(worker_id worker, auto message) {
  auto found = workers_.find(worker);
  if (found != workers_.end())
    caf::anon_send(found->second, std::move(message));
}

void gateway_actor::send(worker_id to, std::vector<worker_call> calls) {
  tell(to, call_batch{std::move(calls)});
}

void gateway_actor::cancel(worker_id to, std::vector<call_id> calls) {
  tell(to, cancel_batch{std::move(calls)});
}

void gateway_actor::acknowledge_drain(worker_id worker) {
  tell(worker, drain_acknowledged{number_, worker});
}

local_gateway spawn_gateway(caf::actor_system& system, loop* home,
                            std::uint8_t number) {
  auto handle = spawn_at<gateway_actor>(system, home, number);
  auto* object = static_cast<gateway_actor*>(
    caf::actor_cast<caf::abstract_actor*>(handle));
  return {std::move(handle), object};
}

void end_gateway(const local_gateway& gateway) {
  caf::anon_send_exit(gateway.handle, caf::exit_reason::user_shutdown);
}

} // namespace serval
