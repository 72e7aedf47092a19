#include "simulation/virtual_dispatcher.hpp"

#include "simulation/virtual_worker.hpp"

namespace serval::simulation {

virtual_dispatcher::virtual_dispatcher(scene& in, loops& on,
                                       dispatcher_name name,
                                       std::shared_ptr<const app_spec> spec,
                                       poison_table& poison,
                                       queue_board& board)
  : in_(in),
    loops_(on),
    name_(std::move(name)),
    spec_(std::move(spec)),
    board_(board),
    core_(static_cast<std::uint8_t>(name_.loop), in.random()(), *this,
          poison) {
  for (const auto& backend : spec_->backends)
    core_.add_backend(backend.name, backend.queue, backend.idempotent);
}

// -- table --------------------------------------------------------------------

void virtual_dispatcher::worker_up(std::shared_ptr<virtual_worker> worker,
                                   bool near) {
  auto profile = worker->profile(near);
  const auto& backend = worker->backend();
  workers_[profile.id] = {std::move(worker), near};
  in_.watch(&promise::on_worker_up, name_, backend, profile.id);
  core_.add_worker(backend.name, profile);
  after_each();
}

void virtual_dispatcher::worker_drain(worker_id worker) {
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  // Sending what waits elsewhere is part of it.
  in_.watch(&promise::on_worker_drained, name_, worker);
  core_.drain_worker(worker, in_.loop.now());
  loops_.post(name_.loop, found->second.worker->home(),
              [worker = found->second.worker] {
                worker->drain_acknowledged();
              });
  after_each();
}

void virtual_dispatcher::worker_down(
  worker_id worker, const std::optional<std::vector<call_id>>& received) {
  in_.watch(&promise::on_worker_down, name_, worker, received);
  core_.worker_died(worker, in_.loop.now(), received);
  workers_.erase(worker);
  after_each();
}

void virtual_dispatcher::worker_silence(worker_id worker, bool silent) {
  in_.loop.note(silent ? "silent" : "not silent", worker.value, name_.loop);
  in_.watch(&promise::on_worker_silent, name_, worker, silent);
  core_.worker_silent(worker, silent, in_.loop.now());
  after_each();
}

void virtual_dispatcher::add_suspended(worker_id worker, std::int32_t change) {
  core_.add_suspended(worker, change);
  after_each();
}

// -- maps ---------------------------------------------------------------------

map_id virtual_dispatcher::begin_map(map_request request, on_done done) {
  auto* backend = find_backend(*spec_, request.backend);
  auto pieces = request.pieces.size();
  beginning_ = true;
  early_ = std::move(done);
  auto map = core_.begin(std::move(request), in_.loop.now());
  beginning_ = false;
  if (early_)
    waiting_.emplace(map.value, std::exchange(early_, nullptr));
  if (backend != nullptr)
    in_.watch(&promise::on_map, name_, *backend, pieces,
              counters_of(backend->name));
  after_each();
  return map;
}

void virtual_dispatcher::end_map(map_id map) {
  core_.end(map);
  waiting_.erase(map.value);
  after_each();
}

void virtual_dispatcher::take_results(worker_id from,
                                      std::vector<call_result> results,
                                      duration busy_per_call) {
  core_.results(from, std::move(results), busy_per_call, in_.loop.now());
  after_each();
}

bool virtual_dispatcher::idle() const {
  bool idle = waiting_.empty();
  core_.for_each_backend([&](std::string_view, const backend_counters& each) {
    idle = idle && each.waiting == 0 && each.in_flight == 0;
  });
  return idle;
}

void virtual_dispatcher::send(worker_id to, std::vector<worker_call> calls) {
  auto& known = workers_.at(to);
  in_.watch(&promise::on_calls, name_, to, calls,
            counters_of(known.worker->backend().name));
  if (known.near)
    return known.worker->take_calls(std::move(calls));
  loops_.post(name_.loop, known.worker->home(),
              [worker = known.worker, calls = std::move(calls)]() mutable {
                worker->take_calls(std::move(calls));
              });
}

void virtual_dispatcher::cancel(worker_id to, std::vector<call_id> calls) {
  auto found = workers_.find(to);
  if (found == workers_.end())
    return;
  if (found->second.near)
    return found->second.worker->cancel_calls(calls);
  loops_.post(name_.loop, found->second.worker->home(),
              [worker = found->second.worker, calls = std::move(calls)] {
                worker->cancel_calls(calls);
              });
}

void virtual_dispatcher::done(map_id map, map_outcomes outcomes) {
  if (!beginning_)
    return tell(map, std::move(outcomes));
  // The map that is being begun, or one that it takes the place of.
  if (!waiting_.contains(map.value))
    waiting_.emplace(map.value, std::exchange(early_, nullptr));
  auto shared = std::make_shared<map_outcomes>(std::move(outcomes));
  loops_.post(name_.loop, name_.loop,
              [this, map, shared] { tell(map, std::move(*shared)); });
}

void virtual_dispatcher::tell(map_id map, map_outcomes outcomes) {
  auto found = waiting_.find(map.value);
  if (found == waiting_.end())
    return;
  auto done = std::move(found->second);
  waiting_.erase(found);
  done(std::move(outcomes));
}

void virtual_dispatcher::after_each() {
  board_.set(name_.loop, core_.queueing(priority::high),
             core_.queueing(priority::low));
  set_expiry();
}

void virtual_dispatcher::set_expiry() {
  auto next = core_.next_expiry();
  if (!next || (expiry_ && *expiry_ <= *next))
    return;
  expiry_ = *next;
  loops_.daemon().after(*next - in_.loop.now(), [this, due = *next] {
    if (expiry_ != due)
      return;
    expiry_.reset();
    core_.expire(in_.loop.now());
    after_each();
  });
}

backend_counters
virtual_dispatcher::counters_of(std::string_view backend) const {
  backend_counters found;
  core_.for_each_backend(
    [&](std::string_view name, const backend_counters& counters) {
      if (name == backend)
        found = counters;
    });
  return found;
}

} // namespace serval::simulation
